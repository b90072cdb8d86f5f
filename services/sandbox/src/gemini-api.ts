import type { Answer, Turn } from './answer.js';
import { isObject, objectsOf, stringOf, textOf, type JsonObject } from './json.js';
import { GEMINI_MODELS } from './models.js';
import { uncachedTokens } from './prompt-cache.js';
import { data, type AnswerContext, type Frame, type VendorApi } from './vendor-api.js';
import { VendorError } from './vendor-error.js';

const PATH = /^\/v1beta\/models\/([^/:]+):(generateContent|streamGenerateContent)$/;
const STATUSES: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
};

/** Gemini names the model and the manner of the answer in the path; the other vendors do so in the body. */
export function geminiCall(path: string): { model: string; stream: boolean } | undefined {
  const found = PATH.exec(path);
  if (found === null) return undefined;
  return { model: found[1] as string, stream: found[2] === 'streamGenerateContent' };
}

/** `generateContent` and `streamGenerateContent` (https://ai.google.dev/api/generate-content). */
export const geminiApi: VendorApi = {
  parse(body) {
    const model = String(body['model']);
    if (!(GEMINI_MODELS as readonly string[]).includes(model))
      throw new VendorError(404, `models/${model} is not found`);
    const contents = objectsOf(body['contents']);
    if (contents.length === 0) throw new VendorError(400, 'contents is not specified', 'contents');
    contents.forEach(({ role, parts }, index) => {
      if (role !== 'user' && role !== 'model')
        throw new VendorError(400, `contents[${index}].role: user or model`);
      if (objectsOf(parts).length === 0)
        throw new VendorError(400, `contents[${index}].parts must not be empty`);
    });
    const config = isObject(body['generationConfig']) ? body['generationConfig'] : {};
    const thinking = isObject(config['thinkingConfig']) ? config['thinkingConfig'] : {};
    const maxTokens = config['maxOutputTokens'];
    const schema = config['responseJsonSchema'] ?? config['responseSchema'];
    const last = objectsOf(contents.at(-1)?.['parts']);
    const texts = contents.filter(({ role, parts }) => role === 'user' && textOf(parts) !== '');
    return {
      model,
      stream: body['stream'] === true,
      userText: textOf(texts.at(-1)?.['parts']),
      toolResults: last.flatMap((part) =>
        isObject(part['functionResponse']) ? [resultOf(part['functionResponse'])] : [],
      ),
      tools: objectsOf(body['tools']).flatMap(({ functionDeclarations }) =>
        objectsOf(functionDeclarations).map((tool) => ({
          name: String(tool['name']),
          schema: tool['parametersJsonSchema'] ?? tool['parameters'],
        })),
      ),
      toolChoice: toolChoiceOf(body['toolConfig']),
      parallelTools: true,
      thinking: thinking['includeThoughts'] === true,
      ...(schema === undefined ? {} : { outputSchema: schema }),
      prompt: uncachedTokens(
        [...objectsOf(body['tools']), body['systemInstruction'], ...contents].map((content) => ({
          content,
          marked: false,
        })),
      ),
      ...(typeof maxTokens === 'number' ? { maxTokens } : {}),
    };
  },
  json: (turn, answer, context) => ({
    ...chunk(
      turn,
      context,
      parts({ ...answer, deltas: answer.deltas.length > 0 ? [answer.deltas.join('')] : [] }, context),
      finishReason(answer),
    ),
    usageMetadata: usage(answer),
  }),
  frames: streamContent,
  errorEnvelope: errorBody,
  errorFrames: (error) => data(errorBody(error)).wire,
  headers: () => ({ 'x-gemini-service-tier': 'standard' }),
};

function resultOf({ response }: JsonObject): string {
  if (!isObject(response)) return '';
  return stringOf(response['content']) ?? JSON.stringify(response['content'] ?? response);
}

function toolChoiceOf(config: unknown): Turn['toolChoice'] {
  const calling =
    isObject(config) && isObject(config['functionCallingConfig']) ? config['functionCallingConfig'] : {};
  const [name] = Array.isArray(calling['allowedFunctionNames']) ? calling['allowedFunctionNames'] : [];
  if (name !== undefined) return { name: String(name) };
  if (calling['mode'] === 'ANY') return 'required';
  return calling['mode'] === 'NONE' ? 'none' : 'auto';
}

function* streamContent(turn: Turn, answer: Answer, context: AnswerContext): Iterable<Frame> {
  for (const part of parts(answer, context)) yield data(chunk(turn, context, [part]), true);
  yield data({ ...chunk(turn, context, [], finishReason(answer)), usageMetadata: usage(answer) });
}

/** Calls come whole: this vendor does not stream their arguments unless asked. */
function parts(answer: Answer, { id }: AnswerContext): JsonObject[] {
  return [
    ...(answer.thinking === undefined ? [] : [{ text: answer.thinking, thought: true }]),
    ...answer.deltas.map((text) => ({ text })),
    ...answer.toolCalls.map(({ name, input }, at) => ({
      functionCall: { id: `fc_${id}_${at}`, name, args: input },
    })),
  ];
}

function chunk(turn: Turn, { id }: AnswerContext, content: JsonObject[], finish?: string): JsonObject {
  return {
    candidates: [
      {
        content: { parts: content, role: 'model' },
        index: 0,
        ...(finish === undefined ? {} : { finishReason: finish }),
      },
    ],
    modelVersion: turn.model,
    responseId: id,
  };
}

function finishReason({ stop }: Answer): string {
  return stop === 'length' ? 'MAX_TOKENS' : 'STOP';
}

function usage({ usage: { input, output, reasoning } }: Answer): JsonObject {
  return {
    promptTokenCount: input,
    candidatesTokenCount: output - reasoning,
    thoughtsTokenCount: reasoning,
    totalTokenCount: input + output,
  };
}

function errorBody({ status, message }: VendorError): object {
  return { error: { code: status, message, status: STATUSES[status] ?? 'UNKNOWN' } };
}
