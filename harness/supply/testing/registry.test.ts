import { expect, it } from 'vitest';
import { gatewayOf } from './registry.ts';

const told = (...Config: object[]) => JSON.stringify([{ IPAM: { Config } }]);

it.each([
  ['an engine', told({ Subnet: '172.17.0.0/16', Gateway: '172.17.0.1' }), '172.17.0.1'],
  ['one that was just installed', told({ Subnet: '172.17.0.0/16' }), '172.17.0.1'],
  ['one with IPv6 first', told({ Subnet: 'fd00::/64', Gateway: 'fd00::1' }, { Subnet: '10.1.0.0/24' }), '10.1.0.1'],
  ['one with an address of its own', told({ Subnet: '10.1.0.0/24', Gateway: '10.1.0.9' }), '10.1.0.9'],
  ['one without a bridge', '[{"IPAM":{"Config":null}}]', undefined],
])('the gateway of %s', (_, networks, gateway) => {
  expect(gatewayOf(networks)).toBe(gateway);
});
