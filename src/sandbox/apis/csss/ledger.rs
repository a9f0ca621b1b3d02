//! The orders of a sandbox and their life. Knows no HTTP and takes the time as a parameter.

use std::collections::{BTreeSet, HashMap};

use jiff::Span;
use jiff::civil::DateTime;

use super::calendar::{self, PERIOD_LIMIT};
use crate::notification::types::OrderEvent;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::room::Room;

/// The plans of the printed examples.
const DOCUMENTED_PLANS: [&str; 2] = ["DP20190726001274", "DP20201218003915"];

/// Bytes of the id of an order.
const ORDER_ID_LENGTH: usize = "ORDER_".len() + 17;

/// What is ordered for a SIM.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    pub(super) package_code: String,
    pub(super) period: Span,
    pub(super) periods: i64,
    pub(super) start_at_once: bool,
    pub(super) test_data: bool,
}

/// A placed order.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) id: String,
    pub(super) device_id: String,
    pub(super) ordered: DateTime,
    pub(super) started: Option<DateTime>,
    pub(super) used: u64,
    period: Span,
    periods: i64,
    /// Whether it has been told that the order has ended.
    end_told: bool,
}

/// Where an order is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Ordered,
    Started,
    Ended,
}

impl Status {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Ordered => "SANDBOX-ORDERED",
            Self::Started => "SANDBOX-STARTED",
            Self::Ended => "SANDBOX-ENDED",
        }
    }
}

impl Order {
    /// When the plan ends, once it is started.
    pub(super) fn end(&self) -> Option<DateTime> {
        self.started.map(|start| calendar::end(start, self.period, self.periods))
    }

    pub(super) fn status(&self, now: DateTime) -> Status {
        match self.end() {
            None => Status::Ordered,
            Some(end) if now <= end => Status::Started,
            Some(_) => Status::Ended,
        }
    }
}

/// All orders, the oldest first.
#[derive(Debug)]
pub(super) struct Ledger {
    plans: BTreeSet<String>,
    room: Room,
    orders: Vec<Order>,
    positions: HashMap<String, usize>,
    /// The orders of each SIM.
    of_device: HashMap<String, Vec<usize>>,
    /// What has happened to orders and was not told yet, if there is somebody to tell.
    untold: Option<Vec<(OrderEvent, Order)>>,
}

impl Ledger {
    pub(super) fn new(plans: Vec<String>, told: bool) -> Self {
        let plans = DOCUMENTED_PLANS.map(str::to_owned).into_iter().chain(plans).collect();
        Self {
            plans,
            room: Room::default(),
            orders: Vec::new(),
            positions: HashMap::new(),
            of_device: HashMap::new(),
            untold: told.then(Vec::new),
        }
    }

    /// Places one order for each SIM, or none.
    pub(super) fn order(&mut self, devices: &[String], terms: &Terms, now: DateTime) -> Result<Vec<Order>, Refusal> {
        if !self.plans.contains(&terms.package_code) {
            return Err(Refusal::UnknownPlan);
        }
        if terms.test_data && devices.iter().any(|device| self.of_device.contains_key(device)) {
            return Err(Refusal::not_allowed(("测试流量仅限首次订购", "test data is for the first order of a SIM")));
        }
        let texts = devices.iter().map(|device| device.len() + ORDER_ID_LENGTH).sum();
        self.room.take(devices.len(), texts)?;
        Ok(devices.iter().map(|device| self.place(device, terms, now)).collect())
    }

    fn place(&mut self, device: &str, terms: &Terms, now: DateTime) -> Order {
        let position = self.orders.len();
        let order = Order {
            id: format!("ORDER_{:017}", position + 1),
            device_id: device.to_owned(),
            ordered: now,
            started: terms.start_at_once.then_some(now),
            used: 0,
            period: terms.period,
            periods: terms.periods,
            end_told: false,
        };
        self.positions.insert(order.id.clone(), position);
        self.of_device.entry(device.to_owned()).or_default().push(position);
        self.orders.push(order.clone());
        self.tell(OrderEvent::Created, &order);
        if terms.start_at_once {
            self.tell(OrderEvent::Started, &order);
        }
        order
    }

    pub(super) fn open(&mut self, id: &str, now: DateTime) -> Result<Order, Refusal> {
        let order = self.find(id)?;
        match order.status(now) {
            Status::Ordered => {
                order.started = Some(now);
                let order = order.clone();
                self.tell(OrderEvent::Started, &order);
                Ok(order)
            }
            Status::Started => Err(Refusal::OrderStarted),
            Status::Ended => Err(Refusal::OrderEnded),
        }
    }

    pub(super) fn renew(&mut self, id: &str, periods: i64, now: DateTime) -> Result<Order, Refusal> {
        let order = self.find(id)?;
        if order.status(now) == Status::Ended {
            return Err(Refusal::OrderEnded);
        }
        if order.periods + periods > PERIOD_LIMIT {
            return Err(Refusal::not_allowed(("套餐最多 1200 个周期", "a plan runs for at most 1200 periods")));
        }
        order.periods += periods;
        let order = order.clone();
        // As its page says: only an order in use is told of.
        if order.status(now) == Status::Started {
            self.tell(OrderEvent::Extended, &order);
        }
        Ok(order)
    }

    fn tell(&mut self, event: OrderEvent, order: &Order) {
        if let Some(untold) = &mut self.untold {
            untold.push((event, order.clone()));
        }
    }

    /// What has happened to orders since this was asked last.
    pub(super) fn news(&mut self) -> Vec<(OrderEvent, Order)> {
        self.untold.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Tells of the orders that have ended since this was asked last.
    pub(super) fn tell_ends(&mut self, now: DateTime) {
        for order in self.orders.iter_mut().filter(|order| !order.end_told && order.status(now) == Status::Ended) {
            order.end_told = true;
            self.untold.iter_mut().for_each(|untold| untold.push((OrderEvent::Expired, order.clone())));
        }
    }

    fn find(&mut self, id: &str) -> Result<&mut Order, Refusal> {
        let position = self.positions.get(id).copied();
        position.and_then(|position| self.orders.get_mut(position)).ok_or(Refusal::UnknownOrder)
    }

    /// The order that a SIM uses: the one that was started last, of those that have not ended.
    pub(super) fn in_use(&self, device: &str, now: DateTime) -> Option<&Order> {
        let orders = self.of_device.get(device)?.iter().filter_map(|position| self.orders.get(*position));
        orders.filter(|order| order.status(now) == Status::Started).max_by_key(|order| order.started)
    }

    pub(super) fn devices_in_use(&self, now: DateTime) -> BTreeSet<&str> {
        let started = self.orders.iter().filter(|order| order.status(now) == Status::Started);
        started.map(|order| order.device_id.as_str()).collect()
    }

    pub(super) fn orders(&self) -> impl Iterator<Item = &Order> {
        self.orders.iter()
    }

    pub(super) fn use_data(&mut self, device: &str, amount: u64, now: DateTime) -> bool {
        let id = self.in_use(device, now).map(|order| order.id.clone());
        let order = id.and_then(|id| self.find(&id).ok());
        order.map(|order| order.used = order.used.saturating_add(amount)).is_some()
    }
}
