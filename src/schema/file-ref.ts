/** What versions belong to: a name that a source gives to its content. */
export interface FileRef {
  readonly source: string;
  readonly name: string;
}
