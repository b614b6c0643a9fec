import { type ClientRequest, type IncomingMessage, request, type RequestOptions } from 'node:http';

/**
 * Node's HTTP for the S3 client, with one correction: the client throws away the body of an answer that it
 * thinks worth repeating (500, 503 …) and with it the reason, such as a full disk. Under a status that it does
 * not know, it reads the body and gives us the server's code.
 */
export const plainTransport = {
  // The client only ever calls this one of the three forms of `request`.
  request: requestWithReasons as typeof request,
};

const UNKNOWN_SERVER_ERROR = 599;

function requestWithReasons(
  options: RequestOptions,
  onResponse: (response: IncomingMessage) => void,
): ClientRequest {
  return request(options, (response) => {
    if ((response.statusCode ?? 0) >= 500) response.statusCode = UNKNOWN_SERVER_ERROR;
    onResponse(response);
  });
}
