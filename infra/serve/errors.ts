/** What a client is told, in the form of OpenAI's API. */
export interface ErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    /** Where in the request, e.g. `messages.0.content.3`; null where it is the request as a whole. */
    readonly param: string | null;
    readonly code: string | null;
  };
}

/** A request that is refused: the status and the words that its sender gets. Nothing in it is a secret. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly status: number;
  readonly body: ErrorBody;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    message: string,
    more: {
      readonly param?: string;
      readonly code?: string;
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
  ) {
    super(message);
    this.status = status;
    this.body = {
      error: { message, type: typeOf(status), param: more.param ?? null, code: more.code ?? null },
    };
    this.headers = more.headers ?? {};
  }
}

/** A request whose content is at fault: 400, and where. */
export function badRequest(message: string, param: string, code?: string): RequestError {
  return new RequestError(400, message, { param, ...(code === undefined ? {} : { code }) });
}

function typeOf(status: number): string {
  if (status === 401) return 'authentication_error';
  if (status === 403) return 'permission_error';
  if (status === 429) return 'rate_limit_error';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
}
