import { BlockList, isIP } from 'node:net';

/** IPv4 networks that are not the internet, of the special-purpose registry of IANA. */
const V4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const;

/** The same of IPv6. */
const V6 = [
  ['::', 96],
  ['::ffff:0:0:0', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
  ['5f00::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const;

let special: BlockList | undefined;

function specialNetworks(): BlockList {
  const list = new BlockList();
  for (const [net, bits] of V4) {
    list.addSubnet(net, bits);
    // The same networks behind a translator of IPv6 to IPv4.
    list.addSubnet(`64:ff9b::${net}`, 96 + bits, 'ipv6');
  }
  for (const [net, bits] of V6) list.addSubnet(net, bits, 'ipv6');
  return list;
}

/** Whether an address is one of the public internet: no loopback, private, link-local, shared, test, multicast or reserved one, however it is written. */
export function isPublicAddress(address: string): boolean {
  const bare = address.replace(/%.*$/, '');
  const family = isIP(bare);
  if (family === 0) return false;
  return !(special ??= specialNetworks()).check(bare, family === 6 ? 'ipv6' : 'ipv4');
}
