/** A rule of a Role or ClusterRole. */
export interface PolicyRule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
  /** As if the rule were in Roles of these namespaces only; in a ClusterRole otherwise. */
  namespaces?: string[];
}

/** A request as RBAC sees it; without a namespace it is for all of them. */
export interface Wish {
  verb: string;
  group: string;
  /** With the subresource, as in `pods/portforward`. */
  resource: string;
  namespace?: string | undefined;
  name?: string | undefined;
}

export const EVERYTHING: PolicyRule[] = [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }];

/** As system:basic-user gives it to everybody who is known. */
const BASIC: PolicyRule = {
  apiGroups: ['authorization.k8s.io'],
  resources: ['selfsubjectaccessreviews'],
  verbs: ['create'],
};

/** RBAC; with no rules at all not even what everybody may do. */
export function allows(rules: readonly PolicyRule[], { verb, group, resource, namespace }: Wish): boolean {
  const has = (list: readonly string[], item: string) => list.includes(item) || list.includes('*');
  return (rules.length === 0 ? [] : [BASIC, ...rules]).some(
    (rule) =>
      has(rule.apiGroups, group) &&
      has(rule.resources, resource) &&
      has(rule.verbs, verb) &&
      (rule.namespaces === undefined || (namespace !== undefined && rule.namespaces.includes(namespace))),
  );
}
