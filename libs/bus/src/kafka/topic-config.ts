import kafkajs, { type Admin } from 'kafkajs';
import type { TopicSpec } from '../topic-spec.js';

// Node itself, unlike bundlers, finds only some names in this CommonJS module; the default holds all of them.
const { ConfigResourceTypes } = kafkajs;

/** Sets the configuration of topics that exist with another one; entries that a spec does not name stay. */
export async function applyConfig(admin: Admin, specs: readonly TopicSpec[]): Promise<void> {
  const configured = specs.filter(({ config }) => config && Object.keys(config).length > 0);
  if (configured.length === 0) return;
  const asked = configured.map(({ name }) => ({ type: ConfigResourceTypes.TOPIC, name }));
  const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: asked });
  const changes = configured.flatMap(({ name, config = {} }) => {
    const entries = resources.find(({ resourceName }) => resourceName === name)?.configEntries ?? [];
    const found = new Map(entries.map((entry) => [entry.configName, entry] as const));
    if (Object.entries(config).every(([key, value]) => found.get(key)?.configValue === value)) return [];
    // This request replaces all of a topic's own settings, so those set by somebody else are sent along.
    const own = entries.filter(isSetOnTopic).map((entry) => [entry.configName, entry.configValue] as const);
    const wanted = Object.entries({ ...Object.fromEntries(own), ...config });
    return [
      { type: ConfigResourceTypes.TOPIC, name, configEntries: wanted.map(([key, value]) => ({ name: key, value })) },
    ];
  });
  if (changes.length > 0) await admin.alterConfigs({ validateOnly: false, resources: changes });
}

/** Kafka's `ConfigSource` 1: set on the topic itself, not inherited from a broker or a default. */
const TOPIC_CONFIG_SOURCE = 1;

function isSetOnTopic(entry: { readonly configSource: number }): boolean {
  return entry.configSource === TOPIC_CONFIG_SOURCE;
}
