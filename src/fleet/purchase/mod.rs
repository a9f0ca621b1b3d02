//! What a fleet orders: one call that orders for a SIM, and one that lists what it has.

#[cfg(feature = "cube")]
mod renewal;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::call::pages::Page;
use crate::call::{Around, Items, Preview};
use crate::client::ApiClient;
use crate::csss;
use crate::csss::types::{OrderPackage, PackageOrder, QueryOrder, QueryOrderOutput};
use crate::error::Error;
use crate::family::private::Sealed;
use crate::transport::intent::Ready;
use crate::values::Time;
use std::time::{Duration, SystemTime};

/// The operation that lists orders.
const LIST: &str = "queryOrder";

/// Orders on a page of the list; the largest that is allowed is not documented.
const PAGE: i64 = 50;

/// A client that can order for a fleet. It can't be implemented elsewhere.
///
/// | client | one order | columns | an order whose outcome is unknown |
/// | --- | --- | --- | --- |
/// | `csss::Client` | `orderPackage` | its parameters; `device_id` is the SIM | is looked for in `queryOrder` |
/// | `cube::Client` | `createRenewalOrder` of one item for one SIM | `sim_id`; `id` and `quantity` of the item; `po`, `remarks` | stays unknown: no documented call lists orders |
pub trait Purchase: Sealed + Clone + Send + Sync + 'static {
    /// The parameters of an order.
    #[doc(hidden)]
    type Parameters: Serialize + DeserializeOwned + Send + Sync + 'static;

    /// The operation that orders.
    #[doc(hidden)]
    const OPERATION: &'static str;

    /// The parameter of it that is the SIM.
    #[doc(hidden)]
    const SIM: &'static str;

    /// Whether there is a call that lists the orders of a SIM. What is unknown stays so where there is none.
    #[doc(hidden)]
    const LISTS_ORDERS: bool;

    /// The server's URL, and who calls it.
    #[doc(hidden)]
    fn caller(&self) -> (&str, &str);

    /// The request of an order, as it would be sent.
    #[doc(hidden)]
    fn preview(&self, parameters: &Self::Parameters) -> Result<Preview, Error>;

    /// Orders once, if `ready` succeeds immediately before, and gives the order's id.
    #[doc(hidden)]
    fn order(
        &self,
        parameters: &Self::Parameters,
        deadline: Duration,
        ready: Ready,
    ) -> impl Future<Output = Result<String, Error>> + Send;

    /// All orders that a SIM has.
    #[doc(hidden)]
    fn orders_of(&self, sim: String) -> impl Future<Output = Result<Vec<Placed>, Error>> + Send;
}

/// An order in a list.
#[doc(hidden)]
#[derive(Debug)]
pub struct Placed {
    pub(super) id: Option<String>,
    pub(super) date: Option<Time>,
}

impl Placed {
    /// Its id and its date, as errors name it.
    pub(super) fn names(&self) -> (String, String) {
        let text = |text: Option<&str>| text.unwrap_or("unknown").to_owned();
        (text(self.id.as_deref()), text(self.date.as_ref().map(Time::as_str)))
    }

    /// Its date, if that can be read.
    pub(super) fn instant(&self) -> Option<SystemTime> {
        self.date.as_ref().and_then(|date| date.instant().or_else(|| date.in_utc8()))
    }
}

impl Sealed for csss::Client {}

impl Purchase for csss::Client {
    type Parameters = OrderPackage;

    const OPERATION: &'static str = "orderPackage";
    const SIM: &'static str = "device_id";
    const LISTS_ORDERS: bool = true;

    fn caller(&self) -> (&str, &str) {
        ApiClient::caller(self)
    }

    fn preview(&self, parameters: &OrderPackage) -> Result<Preview, Error> {
        self.order_package(parameters).preview()
    }

    async fn order(&self, parameters: &OrderPackage, deadline: Duration, ready: Ready) -> Result<String, Error> {
        let ordered = self.order_package(parameters).deadline(deadline).once(ready).await?;
        Ok(ordered.order_id.to_string())
    }

    async fn orders_of(&self, sim: String) -> Result<Vec<Placed>, Error> {
        let operation = csss::OPERATIONS.iter().find(|operation| operation.id == LIST);
        let operation = operation.ok_or_else(|| Error::settings(format!("{LIST} is no operation")))?;
        let client = self.clone();
        let ask = move |page| {
            let query = QueryOrder::builder().device_id(sim.clone()).page_no(page).page_size(PAGE).build();
            client.query_order(&query).response()
        };
        let orders = Items::new(operation, 1, PAGE, ask, stated).into_vec().await?;
        Ok(orders
            .into_iter()
            .map(|order| Placed { id: order.order_code.map(|id| id.to_string()), date: order.order_date })
            .collect())
    }
}

/// A page of a SIM's orders. It decides whether an order is sent, so that it has to say each thing that is documented: the list, and
/// how many orders there are; and nothing in it may say otherwise.
fn stated(data: QueryOrderOutput, around: &Around) -> Page<PackageOrder> {
    let (pages, count) = data.page.map_or((None, None), |page| (page.total_pages, page.total_count));
    // Where it stands is not documented, nor whether it counts those of the page or all.
    let numbers = [data.package_order_num, around.beside("package_order_num")];
    let is_stated = data.package_order.is_stated();
    let is_counted = count.or(numbers[0]).or(numbers[1]).is_some();
    let mut page = Page::new(data.package_order, is_stated, pages, count).counted(numbers);
    let came = i64::try_from(page.items.count()).unwrap_or(i64::MAX);
    page.doubt = match page.total_count {
        _ if !is_stated => Some("the answer has no list of orders"),
        _ if !is_counted => Some("the answer does not say how many orders there are"),
        Some(total) if total < came => Some("the answer names fewer orders than it has"),
        _ => page.doubt,
    };
    page
}
