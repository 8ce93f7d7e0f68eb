import { Session } from '../session.ts';

/** Set-up of the vitest project `engine`: a container engine for as long as its tests run. */
export default async function withEngine(): Promise<() => Promise<void>> {
  const session = new Session();
  await session.engine();
  return () => session[Symbol.asyncDispose]();
}
