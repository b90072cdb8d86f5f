export { allValid } from './all-valid.js';
export {
  AppError,
  defineError,
  InvalidInput,
  messageOf,
  type AppErrorClass,
  type AppErrorOptions,
} from './errors.js';
export {
  configFileOf,
  declaredVariables,
  EnvironmentInvalid,
  readEnvironment,
  ServiceEnvironment,
  type EnvironmentSource,
} from './environment.js';
export { createLogger, NestLogger, type Logger } from './logger.js';
export {
  closeServer,
  listen,
  PortUnavailable,
  startManagementServer,
  type ManagementOptions,
  type ManagementServer,
  type Readiness,
} from './management-server.js';
export { createRegistry } from './registry.js';
export { requestId } from './request-id.js';
export { EX_CONFIG, runService, type RunningService, type ShutdownStep } from './service.js';
export { SAMPLERS, TracingEnvironment } from './tracing-environment.js';
export { USER_AGENT, VERSION } from './version.js';
