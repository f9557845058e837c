"""From what boto3 raises to the error that a run reports.

Codes: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html.
A failed call is a ClientError; inside a stream it is an EventStreamError, with the first letter
of its code in lower case; a cut connection is a bare urllib3 error, and a stream that ends
without `messageStop` is Python's own ConnectionError.
"""

from botocore import exceptions as aws
from urllib3.exceptions import HTTPError

from waypost.errors import ModelBroken, ModelBusy, ModelError, ModelRefused

_BUSY = {
    "ThrottlingException",
    "TooManyRequestsException",
    "ServiceUnavailableException",
    "ModelNotReadyException",
    "ServiceQuotaExceededException",
}
_REFUSED = {
    "AccessDeniedException",
    "ValidationException",
    "ResourceNotFoundException",
    "UnrecognizedClientException",
    "ExpiredTokenException",
}
_CUT = (
    aws.HTTPClientError,
    aws.ConnectionError,
    aws.ResponseStreamingError,
    HTTPError,
    ConnectionError,
)


def model_error(error: BaseException) -> ModelError | None:
    """The ModelError that `error` amounts to, or None where it is no failure of the model."""
    if isinstance(error, ModelError):
        return error
    if isinstance(error, aws.ClientError):
        return _by_code(error.response.get("Error", {}).get("Code", ""))
    if isinstance(error, aws.NoCredentialsError):
        return ModelRefused("The model cannot be called: there are no credentials for it.")
    if isinstance(error, _CUT):
        return ModelBroken()
    # langchain-aws wraps some refusals in a ValueError of its own.
    return model_error(error.__cause__) if error.__cause__ else None


def _by_code(code: str) -> ModelError:
    code = code[:1].upper() + code[1:]
    if code in _BUSY:
        return ModelBusy()
    if code in _REFUSED:
        return ModelRefused()
    return ModelBroken()
