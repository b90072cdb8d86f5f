import { ValidationPipe, type ValidationError } from '@nestjs/common';
import { ValidationFailed } from './http.errors.js';

interface Mistake {
  readonly path: string;
  readonly message: string;
}

/** Bodies and queries are checked whole: unknown members are mistakes, and all mistakes are told at once. */
export const validation = new ValidationPipe({
  transform: true,
  whitelist: true,
  forbidNonWhitelisted: true,
  exceptionFactory: (errors) => {
    const mistakes = errors.flatMap((error) => mistakesOf(error, ''));
    return new ValidationFailed(mistakes.map(({ path, message }) => `${path}: ${message}`).join('; '), {
      members: { errors: mistakes },
    });
  },
});

function mistakesOf(error: ValidationError, parent: string): Mistake[] {
  const path = /^\d+$/.test(error.property)
    ? `${parent}[${error.property}]`
    : [parent, error.property].filter(Boolean).join('.');
  const own = Object.values(error.constraints ?? {}).map((message) => ({ path, message }));
  return [...own, ...(error.children ?? []).flatMap((child) => mistakesOf(child, path))];
}
