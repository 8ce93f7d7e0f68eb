/** Every remedy by name; claims of `trust.NAME.*` are about it. */
export const REMEDY_NAMES = ['manual', 'manual-tls', 'cert-manager'] as const;
export type RemedyName = (typeof REMEDY_NAMES)[number];

/** The form of a plane's Secret `cacerts`, by which it is told whose it is. */
export interface CacertsForm {
  /** Istio reads both: its own four files, and tls.crt, tls.key and ca.crt. */
  format: 'istio' | 'kubernetes.io/tls';
  /** The controller that keeps it, and would put it back. */
  keeper: 'cert-manager' | undefined;
}
