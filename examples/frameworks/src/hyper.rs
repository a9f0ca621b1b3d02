//! Plain hyper: one service for every request.

use std::convert::Infallible;
use std::time::SystemTime;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use linksfield::notification::{Receiver, Rejection};
use tokio::net::TcpListener;

/// Serves for ever.
pub async fn serve(listener: TcpListener, receiver: Receiver) -> std::io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        let receiver = receiver.clone();
        let service = service_fn(move |request| receive(receiver.clone(), request));
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

async fn receive(receiver: Receiver, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    if request.method() != Method::POST {
        let mut response = Response::default();
        *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
        return Ok(response);
    }
    let (head, body) = request.into_parts();
    let limit = receiver.verifier().body_limit();
    let answer = match Limited::new(body, limit).collect().await {
        Ok(body) => receiver.receive(&head.headers, &body.to_bytes(), SystemTime::now(), crate::act).await,
        Err(error) if error.is::<LengthLimitError>() => receiver.refuse(Rejection::TooLarge { limit }),
        Err(error) => receiver.refuse(Rejection::Interrupted(error)),
    };
    Ok(answer.response())
}
