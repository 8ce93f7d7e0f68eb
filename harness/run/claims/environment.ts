/** How the main process tells a worker what to do: environment variables, since vitest lies between the two. */
export const ENVIRONMENT = {
  /** Path of the lab's description. */
  lab: 'MESHTRUST_LAB',
  /** Folder of the report. */
  out: 'MESHTRUST_OUT',
  /** NDJSON file for events. */
  events: 'MESHTRUST_EVENTS',
  /** Ids of the selected claims, with commas between. */
  claims: 'MESHTRUST_CLAIMS',
  /** Factor for every deadline. */
  scale: 'MESHTRUST_DEADLINE_SCALE',
  /** A sabotage to commit after each remedy (self-test). */
  sabotage: 'MESHTRUST_SABOTAGE',
} as const;
