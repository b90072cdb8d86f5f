/** OpenAI's models that reason: they refuse `max_tokens`, and only they know the effort `none`. */
export const REASONING_MODELS = /^(o\d|gpt-([5-9]|\d\d))/;
