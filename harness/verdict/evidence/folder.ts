/** The folder of a report, in which nothing that is there is ever replaced. Paths are relative, with forward slashes. */
export interface ReportFolder {
  /** Writes a new file, whole or not at all; false where there is something of that name. Rejects with the file system's error. */
  write(path: string, content: string | Uint8Array): Promise<boolean>;
  /** The text of a file that was written there; undefined where there is none. */
  read(path: string): Promise<string | undefined>;
}
