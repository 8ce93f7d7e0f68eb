/** The two control planes: one serves the mesh's sidecars, the other only gateways. */
export const PLANES = ['mesh', 'gateway'] as const;
export type PlaneName = (typeof PLANES)[number];
