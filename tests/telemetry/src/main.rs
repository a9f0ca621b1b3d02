//! Prints what OpenTelemetry is told of five calls.

use linksfield_telemetry::{Telemetry, five_calls};
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let telemetry = Telemetry::start()?;
    five_calls().await?;
    telemetry.flush()?;
    for span in telemetry.spans.get_finished_spans()? {
        println!("{} ({:?}): {:?}", span.name, span.span_kind, span.status);
        for attribute in span.attributes {
            println!("    {} = {:?}", attribute.key, attribute.value);
        }
        for event in span.events.iter() {
            let attributes =
                event.attributes.iter().map(|attribute| format!("{} = {:?}", attribute.key, attribute.value));
            println!("    event {}: {}", event.name, attributes.collect::<Vec<_>>().join(", "));
        }
    }
    for metrics in telemetry.metrics.get_finished_metrics()? {
        for metric in metrics.scope_metrics().flat_map(|scope| scope.metrics()) {
            match metric.data() {
                AggregatedMetrics::U64(MetricData::Sum(sum)) => {
                    for point in sum.data_points() {
                        let of: Vec<_> = point.attributes().map(|of| format!("{}={}", of.key, of.value)).collect();
                        println!("{} {{{}}} {}", metric.name(), of.join(", "), point.value());
                    }
                }
                AggregatedMetrics::F64(MetricData::Histogram(histogram)) => {
                    for point in histogram.data_points() {
                        let of: Vec<_> = point.attributes().map(|of| format!("{}={}", of.key, of.value)).collect();
                        println!("{} {{{}}} {} times", metric.name(), of.join(", "), point.count());
                    }
                }
                other => println!("{}: {other:?}", metric.name()),
            }
        }
    }
    Ok(())
}
