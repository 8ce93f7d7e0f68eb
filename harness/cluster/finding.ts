/** What a check before a run has found. */
export interface Finding {
  /** `bad` keeps a run from coming to a verdict; a note is for information. */
  state: 'good' | 'note' | 'bad';
  text: string;
}
