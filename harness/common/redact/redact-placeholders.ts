/** What stands in a text where a token stood. */
export const TOKEN_PLACEHOLDER = '[redacted token]';
/** The same for a password, or whatever else the redactor was told of. */
export const SECRET_PLACEHOLDER = '[redacted secret]';
/** The same for what a cookie held. */
export const COOKIE_PLACEHOLDER = '[redacted cookie]';

/** A placeholder, or the beginning of one that the recorder cut with the rest of the line. */
const PLACEHOLDER = /^\[(?:redacted|[redact]{0,7}$)/;

export const isRedacted = (value: string) => PLACEHOLDER.test(value);
