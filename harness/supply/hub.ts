/**
 * What the images built here are called by. No name server knows the host, nor ever will (RFC 2606, 2): an image that is
 * missing somewhere is missing, and is not asked for at an account that belongs to somebody else.
 */
export const IMAGE_HUB = 'meshtrust.invalid';

/** The image beneath every pod. The node's configuration of containerd says it too (fixtures/parts/images/node). */
export const PAUSE_IMAGE = `${IMAGE_HUB}/pause:local`;
