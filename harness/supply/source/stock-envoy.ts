/**
 * What stock Envoy lacks of Istio's build, switched off on the planes that drive it: the metadata-exchange and ALPN
 * filters and the stats extension. Without this Envoy rejects every cluster and listener update. The one place that
 * knows; with official images nothing of it applies.
 */
export const STOCK_ENVOY_VALUES = {
  telemetry: { enabled: false },
  pilot: { env: { PILOT_ENABLE_METADATA_EXCHANGE: 'false', PILOT_ENABLE_ALPN_FILTER: 'false' } },
} as const;
