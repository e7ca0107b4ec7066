import { errors, types } from 'cassandra-driver';
import { describe, expect, it } from 'vitest';
import { EngineError } from '../../errors.ts';
import { NewStatement, failureKindOf, fatalError, reasonOf } from './failure.ts';

const CODES = types.responseErrorCodes;
const response = (code: number, message = 'refused'): Error =>
  new errors.ResponseError(code, message);
const unreachable = (inner: unknown): Error => {
  const error = new errors.NoHostAvailableError({}, 'all hosts tried');
  error.innerErrors = { '127.0.0.1:9042': inner };
  return error;
};

describe('failures of requests', () => {
  it.each([
    CODES.overloaded,
    CODES.unavailableException,
    CODES.isBootstrapping,
    CODES.writeTimeout,
    CODES.readTimeout,
    CODES.writeFailure,
    CODES.serverError,
    CODES.truncateError,
  ])('response %i is tried again', (code) => {
    expect(failureKindOf(response(code))).toBe('transient');
  });

  it.each([
    ['a time-out', new errors.OperationTimedOutError('no reply')],
    ['a closed socket', Object.assign(new Error('Socket was closed'), { isSocketError: true })],
    ['no host', unreachable('Host considered as DOWN')],
    ['busy connections', unreachable(new errors.BusyConnectionError('h', 2048, 1))],
    ['an overloaded host', unreachable(response(CODES.overloaded))],
  ])('%s is tried again', (_, error) => {
    expect(failureKindOf(error)).toBe('transient');
  });

  it.each([CODES.invalid, CODES.syntaxError])('response %i is about the content', (code) => {
    expect(failureKindOf(response(code))).toBe('content');
  });

  it.each([
    ['a wrong password', new errors.AuthenticationError('bad credentials')],
    ['a wrong password at all hosts', unreachable(new errors.AuthenticationError('bad'))],
    ['a missing right', response(CODES.unauthorized)],
    ['a wrong data center', new errors.ArgumentError('localDataCenter')],
    ['a bug of ours', new TypeError('x is not a function')],
  ])('%s stops the run', (_, error) => {
    expect(failureKindOf(error)).toBe('fatal');
  });

  it('asks for the table when the server does not know the statement', () => {
    expect(failureKindOf(response(CODES.unprepared))).toBe('unknown_statement');
    expect(failureKindOf(unreachable(response(CODES.unprepared)))).toBe('unknown_statement');
  });

  it('asks for the table when the server has prepared the statement anew', () => {
    expect(failureKindOf(new NewStatement())).toBe('new_statement');
  });

  it('does not try again what the engine itself has given up', () => {
    expect(failureKindOf(new EngineError('ENG_CASSANDRA_SCHEMA', 'does not fit'))).toBe('fatal');
  });

  it('are told in the innermost words', () => {
    expect(reasonOf(unreachable(response(CODES.invalid, 'Key may not be empty')))).toBe(
      'Key may not be empty',
    );
    expect(reasonOf(unreachable('Host considered as DOWN'))).toBe('Host considered as DOWN');
    expect(reasonOf(new errors.OperationTimedOutError('The host … 10000 ms'))).toBe(
      'no answer in time',
    );
    expect(reasonOf(new Error('connect ECONNREFUSED'))).toBe('connect ECONNREFUSED');
  });

  it('become engine errors once', () => {
    const own = new EngineError('ENG_CASSANDRA_SCHEMA', 'does not fit');
    expect(fatalError(own, 'Cassandra write')).toBe(own);
    expect(fatalError(response(CODES.unauthorized, 'no right'), 'Cassandra write')).toMatchObject({
      code: 'ENG_CASSANDRA_FAILED',
      message: 'Cassandra write: no right',
    });
  });
});
