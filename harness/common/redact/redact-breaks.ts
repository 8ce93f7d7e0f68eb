// What stands for a line break in a text that was put into one line: sources of regular expressions. Each has to be read
// in one way only, and a run of backslashes has to have a limit, or a megabyte of them takes hours.

/** All there are in front of an escaped character: of a string in JSON in JSON in JSON, and one level to spare. */
export const BACKSLASHES = String.raw`(?<!\\)\\{1,16}`;

/** Where a line ends, or a string has it end. */
export const NEWLINE = String.raw`(?:\r?\n|\\{1,16}n)`;

/** Escaped, once or more, as JSON, C, syslog (`#012`) or HTML do it, or `<br>`. */
export const ESCAPED_BREAK =
  String.raw`(?:${BACKSLASHES}(?:[rn]|u000[aAdD]|x0[aAdD]|01[25])|#01[25]` +
  String.raw`|&(?:amp;)?#(?:0{0,4}1[03]|[xX]0{0,4}[aAdD]);` +
  String.raw`|(?:<|&lt;|${BACKSLASHES}u003[cC])[bB][rR] ?\/?(?:>|&gt;|${BACKSLASHES}u003[eE]))`;

/** From one line of a wrapped value to the next: quotes, commas, the break, indentation or a log's `|`. */
export const LINE_JOIN = String.raw`[ \t"',]*(?:[\r\n]|${ESCAPED_BREAK})(?:[\s|>"']|${ESCAPED_BREAK})*`;

/**
 * V8 keeps a place to go back to for every turn of a loop over alternatives, and runs out of them after millions; of
 * loops with a minimum too, therefore `x{20}x*`.
 */
export const TURNS = 500_000;
