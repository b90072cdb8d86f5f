import type { LanguageModelV4FunctionTool } from '@ai-sdk/provider';
import type { Dropped } from './dropped.js';
import { isObject, objectsIn, parseObject, present, textIn, textOf, type Json } from './json.js';

/**
 * OpenAI's custom tools take free text instead of JSON. Other vendors know no such thing: there they are functions with
 * one field, which is taken off again in the answer.
 */
const SCHEMA: LanguageModelV4FunctionTool['inputSchema'] = {
  type: 'object',
  properties: { input: { type: 'string', description: 'The input, as free text.' } },
  required: ['input'],
  additionalProperties: false,
};

/** A grammar is told to the model, though nobody enforces it. */
export function customTool(tool: Json, dropped: Dropped): LanguageModelV4FunctionTool {
  const definition = definitionOf(tool);
  const { description, format } = definition;
  const form = isObject(format) && isObject(format['grammar']) ? format['grammar'] : format;
  const grammar = isObject(form) ? textOf(form['definition']) : undefined;
  if (grammar !== undefined) dropped.add('tools.format');
  const told = [
    textOf(description),
    grammar === undefined ? undefined : `The input must match this grammar:\n${grammar}`,
  ].filter((text) => text !== undefined);
  return present<LanguageModelV4FunctionTool>({
    type: 'function',
    name: textIn(definition, 'name', 'tools'),
    description: told.length === 0 ? undefined : told.join('\n\n'),
    inputSchema: SCHEMA,
  });
}

/** Of a request: which tools take free text. */
export function customToolNames(request: Json): ReadonlySet<string> {
  const custom = objectsIn(request['tools']).filter(({ type }) => type === 'custom');
  return new Set(custom.map((tool) => String(definitionOf(tool)['name'])));
}

/** The free text of a call, from a function's arguments. */
export function customInput(callArguments: string): string {
  return textOf(parseObject(callArguments)?.['input']) ?? callArguments;
}

/** Chat nests the definition, Responses does not. */
function definitionOf(tool: Json): Json {
  return isObject(tool['custom']) ? tool['custom'] : tool;
}
