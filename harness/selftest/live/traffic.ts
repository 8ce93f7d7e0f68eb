import { REVISION_LABEL } from '../../observations/istio.ts';
import { apply, remove } from '../../cluster/ownership/objects.ts';
import { identityOfGateway, type Lab } from '../../lab/mesh/lab.ts';
import { answers, manyPages, noRatings, shows } from './pages.ts';
import { change, type LiveSabotage, manual, put } from './scene.ts';

const PRODUCTPAGE = 'productpage.bookinfo.svc.cluster.local';

/** Requests that go wrong, or answers that are not Bookinfo's, with every certificate in place. */
export const TRAFFIC: readonly LiveSabotage[] = [
  {
    name: 'gateway-speaks-plaintext',
    breaks: 'the gateway speaks plaintext with productpage: DestinationRule, tls DISABLE',
    ...manual('bookinfo', 'peer-principal'),
    commit: (scene) => put(scene, gatewayRule(scene.lab, 'plaintext', { mode: 'DISABLE' }), answers(scene, 503)),
  },
  {
    name: 'gateway-expects-another-identity',
    breaks: 'the gateway takes productpage for an impostor: DestinationRule, other subjectAltNames',
    ...manual('bookinfo', 'peer-principal'),
    commit: (scene) => {
      const tls = { mode: 'ISTIO_MUTUAL', subjectAltNames: ['spiffe://cluster.local/ns/bookinfo/sa/bookinfo-details'] };
      return put(scene, gatewayRule(scene.lab, 'another-identity', tls), answers(scene, 503));
    },
  },
  {
    name: 'gateway-denied',
    breaks: 'productpage sees the gateway as its peer and denies it: AuthorizationPolicy',
    ...manual('bookinfo'),
    commit: (scene) => put(scene, denyGateway(scene.lab), answers(scene, 403)),
  },
  {
    name: 'gateway-answers-itself',
    breaks: 'the gateway answers 200 and a title, with nothing behind it',
    ...manual('bookinfo', 'peer-principal'),
    commit: (scene) =>
      put(
        scene,
        gatewayFilter(
          scene.lab,
          'answers-itself',
          'envoy_on_request',
          'handle:respond({[":status"] = "200"}, "<title>Simple Bookstore App</title>")',
        ),
        shows(scene, 'a title and no more', ({ body }) => body.endsWith('</title>')),
      ),
  },
  {
    name: 'page-rewritten',
    breaks: 'the gateway changes a number in the page that productpage has made',
    ...manual('bookinfo'),
    commit: (scene) =>
      put(
        scene,
        gatewayFilter(
          scene.lab,
          'rewrites-page',
          'envoy_on_response',
          'local body = handle:body(); body:setBytes((body:getBytes(0, body:length()):gsub("1234567890", "1234567891")))',
        ),
        shows(scene, 'another ISBN', ({ body }) => body.includes('1234567891')),
      ),
  },
  {
    name: 'ratings-in-plaintext',
    breaks: 'reviews speaks plaintext with ratings, which refuses; /productpage goes on answering 200',
    ...manual('bookinfo'),
    commit: (scene) =>
      put(
        scene,
        rule('ratings-in-plaintext', 'bookinfo', 'ratings.bookinfo.svc.cluster.local', { mode: 'DISABLE' }),
        noRatings(scene),
      ),
  },
  {
    name: 'reviews-pinned',
    breaks: 'all three versions of reviews run and one gets all the requests: VirtualService',
    ...manual('bookinfo'),
    commit: async (scene) => {
      await change(scene, {
        act: () => apply(scene.lab, PIN_REVIEWS),
        undo: () => remove(scene.lab, PIN_REVIEWS),
        sign: 'reviews-v1 to make every page',
        shows: async () => (await manyPages(scene.lab)).every(({ body }) => body.includes('reviews-v1-')),
      });
    },
  },
];

const rule = (name: string, namespace: string, host: string, tls: object) => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'DestinationRule',
  metadata: { name, namespace },
  spec: { host, trafficPolicy: { tls } },
});

/** How the gateway is to speak with productpage. */
const gatewayRule = ({ gateway: { namespace } }: Lab, name: string, tls: object) =>
  rule(name, namespace, PRODUCTPAGE, tls);

const denyGateway = (lab: Lab) => ({
  apiVersion: 'security.istio.io/v1',
  kind: 'AuthorizationPolicy',
  metadata: { name: 'deny-gateway', namespace: 'bookinfo' },
  spec: {
    selector: { matchLabels: { app: 'productpage' } },
    action: 'DENY',
    // A principal is a SPIFFE ID without its scheme (Istio's reference of AuthorizationPolicy, Source).
    rules: [{ from: [{ source: { principals: [identityOfGateway(lab).replace(/^spiffe:\/\//, '')] } }] }],
  },
});

const PIN_REVIEWS = [
  {
    apiVersion: 'networking.istio.io/v1',
    kind: 'DestinationRule',
    metadata: { name: 'reviews', namespace: 'bookinfo' },
    spec: { host: 'reviews', subsets: [{ name: 'v1', labels: { version: 'v1' } }] },
  },
  {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'reviews', namespace: 'bookinfo' },
    spec: { hosts: ['reviews'], http: [{ route: [{ destination: { host: 'reviews', subset: 'v1' } }] }] },
  },
];

/** A Lua filter in front of all others of the gateway. */
const gatewayFilter = (lab: Lab, name: string, hook: string, program: string) => ({
  apiVersion: 'networking.istio.io/v1alpha3',
  kind: 'EnvoyFilter',
  metadata: {
    name,
    namespace: lab.gateway.namespace,
    labels: { [REVISION_LABEL]: lab.distribution.planes.gateway.revision },
  },
  spec: {
    configPatches: [
      {
        applyTo: 'HTTP_FILTER',
        match: { context: 'GATEWAY' },
        patch: {
          operation: 'INSERT_FIRST',
          value: {
            name,
            typed_config: {
              '@type': 'type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua',
              default_source_code: { inline_string: `function ${hook}(handle) ${program} end` },
            },
          },
        },
      },
    ],
  },
});
