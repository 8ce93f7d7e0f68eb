/** Every object that a run makes carries its id. */
export const RUN_LABEL = 'meshtrust.dev/run';
/** Who we are to the API server where fields have owners. */
export const FIELD_MANAGER = 'meshtrust';
