//! tower: the receiver is a layer around a service, here on top of hyper.

use axum_core::body::Body;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use linksfield::notification::{Claim, Receiver, Verified};
use tokio::net::TcpListener;
use tower::{ServiceBuilder, service_fn};

/// Serves for ever.
pub async fn serve(listener: TcpListener, receiver: Receiver) -> std::io::Result<()> {
    // The layer hands on a body that it has read, so that it needs one that can be made of bytes.
    let service = ServiceBuilder::new()
        .map_request(|request: Request<Incoming>| request.map(Body::new))
        .layer(receiver)
        .service(service_fn(handle));
    loop {
        let (stream, _) = listener.accept().await?;
        let service = TowerToHyperService::new(service.clone());
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

async fn handle(mut request: Request<Body>) -> Result<Response<Body>, std::convert::Infallible> {
    let extensions = request.extensions_mut();
    let status = match extensions.remove::<Verified>().zip(extensions.remove::<Claim>()) {
        Some((verified, claim)) => match crate::act(verified, claim).await {
            Ok(()) => StatusCode::OK,
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
        },
        None => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    Ok(response)
}
