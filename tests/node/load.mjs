// Loads a FHIR package with fhir-package-loader, from the registry in FPL_REGISTRY into the cache below HOME, and finds
// resources in it: `node load.mjs NAME VERSION KEY...`, a key being an id, a name, a url or url|version.
// Prints {"status", "resources", "found": {KEY: [{"type", "id", "url", "version"}]}}; the log goes to stderr.
import { defaultPackageLoader } from 'fhir-package-loader';

const [name, version, ...keys] = process.argv.slice(2);
if (!version) {
  console.error('usage: node load.mjs NAME VERSION KEY...');
  process.exit(2);
}
const loader = await defaultPackageLoader({ log: (level, message) => console.error(level, message) });
const status = await loader.loadPackage(name, version);
const told = ({ resourceType, id, url, version }) => ({ type: resourceType, id, url, version });
const found = {};
for (const key of keys) {
  found[key] = loader.findResourceJSONs(key, { scope: name }).map(told);
}
const resources = loader.findResourceInfos('*', { scope: name }).length;
console.log(JSON.stringify({ status, resources, found }));
