//! From built to running to stopped.

use std::collections::BTreeSet;
use std::mem;
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use tracing::instrument::WithSubscriber as _;

use crate::broker;
use crate::client::Transport;
use crate::config::{Origin, Settings};
use crate::context::Home;
use crate::debug;
use crate::error::{Error, Result};
use crate::layer::BoxFuture;
use crate::meter::Meter;
use crate::metrics;
use crate::otlp;
use crate::registry::{Defaults, Endpoint, Handle, Node, Schemes};
use crate::server::{HttpService, Limits, Options, Routes, Server};
use crate::spec::Topic;
use crate::wire;

use super::announce::Announcement;
use super::consumers::{Consumers, Lost, Surroundings};
use super::grpc_health::Health;
use super::hooks::{self, Hook, within};
use super::inlet::Inlet;
use super::late::{self, Late};
use super::setup::Setup;
use super::{Bound, Opened, Phase, Service, advertise, banner, mount, row, told};

#[cfg(feature = "inventory")]
use super::link_inventory::registrations;
#[cfg(not(feature = "inventory"))]
use super::link_linkme::registrations;

/// How long the broker may take for the last events even when calls have used the drain limit up.
const LAST_EVENTS: Duration = Duration::from_secs(1);

/// How long a collector may take for the last spans and metrics: one that is away must not hold up who stops.
const LAST_TELEMETRY: Duration = Duration::from_secs(2);

/// How callers reach the service.
pub(crate) enum Reach {
    /// Over a port.
    Port,
    /// In process: found in this registry, called through this transport, sent events by this broker.
    Process(Handle, Arc<dyn Transport>, broker::Handle),
}

/// What runs. Dropping it cuts everything off.
pub(super) struct Running {
    server: Server,
    consumers: Consumers,
    health: Option<Health>,
    debug: Option<Arc<debug::State>>,
    exporting: Option<otlp::Attached>,
    broker: broker::Handle,
    announcement: Announcement,
    drain: Duration,
    hook_timeout: Duration,
    before_stop: Vec<Hook>,
    after_stop: Vec<Hook>,
}

impl Running {
    pub(super) fn server(&self) -> Server {
        self.server.clone()
    }
}

/// Cuts off what runs, and marks the service stopped, if it is dropped while the service is still in the phase:
/// starting or stopping was given up half way.
struct GiveUpGuard(Service, Option<Phase>);

impl GiveUpGuard {
    fn new(service: &Service, phase: Phase) -> Self {
        GiveUpGuard(service.clone(), Some(phase))
    }

    fn disarm(mut self) {
        self.1 = None;
    }
}

impl Drop for GiveUpGuard {
    fn drop(&mut self) {
        if self.1.is_some_and(|phase| self.0.pass(phase, Phase::Stopped)) {
            // What is dropped is cut off, after the lock was let go.
            let _running = self.0.running().take();
        }
    }
}

impl Service {
    /// Reads the settings, opens the registry, constructs and mounts what is served, listens and registers. Returns
    /// a handle of the running service, so that it can stand at the end of the builder's chain. Dropping the future
    /// gives the start up and cuts off what has begun.
    ///
    /// # Errors
    ///
    /// Whatever is wrong with what was said on the builder, all of it at once; what hooks and constructors fail
    /// with; an address that cannot be listened on; a registry that does not answer. `failed precondition` for a
    /// service that was started before.
    pub async fn start(&self) -> Result<Service> {
        self.start_in(Reach::Port).await?;
        Ok(self.clone())
    }

    // Boxed where it stands, as the ending is: an `async fn` is compiled by whoever awaits it, which would be every
    // program anew.
    pub(crate) fn start_in(&self, reach: Reach) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.start_reached(reach))
    }

    async fn start_reached(&self, reach: Reach) -> Result<()> {
        let setup = match self.pass(Phase::Built, Phase::Starting) {
            true => self.setup().take(),
            false => None,
        };
        let Some(setup) = setup else {
            let phase = *self.inner.phase.borrow();
            return Err(Error::failed_precondition(format!(
                "{} cannot be started: it is {phase}",
                self.name()
            )));
        };
        let guard = GiveUpGuard::new(self, Phase::Starting);
        let (running, after_start) = match self.bring_up(*setup, reach).await {
            Ok(up) => up,
            Err(error) => {
                // Hooks and constructors may have published.
                if let Some(opened) = self.inner.opened.get() {
                    flush(opened.client.broker(), LAST_EVENTS).await;
                }
                return Err(error);
            }
        };
        let limit = running.hook_timeout;
        *self.running() = Some(running);
        self.pass(Phase::Starting, Phase::Running);
        guard.disarm();
        let guard = GiveUpGuard::new(self, Phase::Running);
        let result = hooks::run("after_start", after_start, self, limit).await;
        // It has started: from here on it runs until somebody stops it.
        guard.disarm();
        if let Err(error) = result {
            if let Err(error) = self.stop().await {
                tracing::warn!(error = ?error, "stopping after a failed start");
            }
            return Err(error);
        }
        Ok(())
    }

    /// Announces that the service goes, refuses new calls so that callers try another node, finishes what runs
    /// within the drain limit, deregisters. A service that is stopped stays so; whoever calls meanwhile waits. Dropping
    /// the future does not take it back: the service stops all the same.
    ///
    /// What runs is waited for, so a handler that awaits this waits for itself, until its deadline or the drain limit;
    /// a hook, until its time is up. `tokio::spawn` it there.
    ///
    /// # Errors
    ///
    /// The first failure of a stop hook. The service has stopped nevertheless.
    pub async fn stop(&self) -> Result<()> {
        self.boxed_stop().await
    }

    fn boxed_stop(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.stop_once())
    }

    async fn stop_once(&self) -> Result<()> {
        let mut phase = self.inner.phase.subscribe();
        loop {
            let now = *phase.borrow_and_update();
            match now {
                Phase::Stopped => return Ok(()),
                Phase::Built if self.pass(Phase::Built, Phase::Stopped) => return Ok(()),
                Phase::Running if self.pass(Phase::Running, Phase::Stopping) => {
                    return self.stop_apart().await;
                }
                // Somebody else is at it, and what they do is bounded.
                _ => {
                    if phase.changed().await.is_err() {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// Stops in a task of its own: whoever asked for it may be a call that ends with the others.
    async fn stop_apart(&self) -> Result<()> {
        // Made here, as a task that never runs is dropped too.
        let guard = GiveUpGuard::new(self, Phase::Stopping);
        let stopping = async move {
            let guard = guard;
            guard.0.bring_down().await
        };
        let stopping = tokio::spawn(stopping.with_current_subscriber());
        *self.inner.stopping.lock().unwrap_or_else(PoisonError::into_inner) = Some(stopping.abort_handle());
        match stopping.await {
            Ok(result) => result,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(Error::cancelled(format!("{} was cut off while it stopped", self.name()))),
            },
        }
    }

    /// Ends a stop that is under way; what still runs is cut off.
    pub(super) fn cut_off(&self) {
        let stopping = self.inner.stopping.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(stopping) = stopping {
            stopping.abort();
        }
    }

    /// Waits until the service has stopped.
    pub async fn stopped(&self) {
        let mut phase = self.inner.phase.subscribe();
        // Fails only when the sender is gone, which is in our hands.
        let _ = phase.wait_for(|phase| *phase == Phase::Stopped).await;
    }

    /// Goes from one phase to another, unless somebody was faster.
    fn pass(&self, from: Phase, to: Phase) -> bool {
        self.inner.phase.send_if_modified(|phase| {
            let passes = *phase == from;
            if passes {
                *phase = to;
            }
            passes
        })
    }

    async fn bring_up(&self, setup: Setup, reach: Reach) -> Result<(Running, Vec<Hook>)> {
        let settings = load(&setup)?;
        let limit = settings.hook_timeout.value;
        let meter = Meter::new(&settings.name.value, &settings.version.value);
        let mut checks = setup.checks;
        let (registry, transport, broker) = match reach {
            Reach::Port => {
                let registry = open_registry(setup.registry.as_ref(), &setup.schemes, &settings).await?;
                let opening = open_broker(setup.broker, setup.broker_schemes, &registry, &settings);
                let (broker, late) = opening.await?;
                if let Some(late) = late {
                    let check = move || {
                        let late = late.clone();
                        async move { late.check().await }
                    };
                    checks.add_internal("micro.broker", check)?;
                }
                (registry, None, broker)
            }
            Reach::Process(registry, transport, shared) => {
                (registry, Some(transport), setup.broker.unwrap_or(shared))
            }
        };
        let broker = broker.limit(settings.message_limit.value);
        let mut client = setup
            .client
            .registry(registry.clone())
            .broker(broker.clone())
            .source(settings.name.value.as_str())
            .meter(meter.clone())
            .timeout(settings.timeout.value)
            .message_limit(settings.message_limit.value)
            .connect_timeout(settings.connect_timeout.value);
        let in_process = transport.is_some();
        if let Some(transport) = transport {
            client = client.transport(transport);
        }
        let client = client.open().await?;
        let home = Arc::new(Home { service: settings.name.value.clone(), client: client.clone() });
        // Set once: only one start gets here.
        let _ = self.inner.opened.set(Opened { settings: settings.clone(), client });

        let hooks = setup.hooks;
        hooks::run("before_start", hooks.before_start, self, limit).await?;
        let table: Vec<_> = registrations().collect();
        let mounted = mount::mount(setup.wanted, &table, self, &home, limit).await?;
        let (subscribers, methods): (Vec<_>, Vec<_>) =
            mounted.into_iter().partition(|bound| bound.spec.topic.is_some());
        let codecs = setup.codecs.names();
        let mut node = self.node(&settings, &methods, &codecs);
        for (key, value) in setup.metadata {
            node = node.metadata(key, value);
        }
        let mut mounts = setup.mounts;
        let inbox = broker.inbox();
        if let Some(inbox) = &inbox {
            inbox.limit(settings.message_limit.value);
            mounts.add(inbox.path().to_owned(), HttpService::of(Inlet(inbox.clone())))?;
        }
        let lost = Lost::default();
        if !subscribers.is_empty() {
            let lost = lost.clone();
            checks.add_internal("micro.subscriptions", move || std::future::ready(lost.check()))?;
        }
        let readiness = checks.open(settings.check_timeout.value, self.inner.phase.subscribe());
        let mut routes = Routes::new().meter(meter);
        let mut answered = methods;
        let debug = settings.debug.value.then(|| {
            let specs = answered.iter().chain(&subscribers).map(|bound| bound.spec).collect();
            let client = home.client.clone();
            debug::State::new(routes.stats().clone(), readiness.clone(), setup.ring, client, specs)
        });
        if let Some(state) = &debug {
            answered.extend(debug::rows(state, &home));
        }
        let health = told::mount(&mut mounts, &settings, &answered, &readiness)?;
        for row::Bound { spec, endpoint } in answered {
            routes.add(spec, endpoint)?;
        }
        metrics::mount(setup.metrics, &settings, &mut mounts)?;
        let exporting = setup.otlp.map(|otlp| {
            otlp.start(&settings.name.value, &settings.version.value, self.id());
            otlp.attach(&settings.name.value, routes.stats().clone())
        });
        let server = Server::new(
            routes,
            Options {
                service: settings.name.value.clone(),
                codecs: setup.codecs.clone(),
                layers: setup.layers,
                http_layers: setup.http_layers,
                mounts,
                limits: limits(&settings),
            },
        );
        let bound = match in_process {
            true => Bound { local: None, announced: Vec::new() },
            false => listen(&server, &settings, &registry).await?,
        };
        for address in &bound.announced {
            node = node.address(address.clone());
        }
        let _ = self.inner.bound.set(bound);
        let surroundings = Surroundings {
            broker: broker.clone(),
            server: server.clone(),
            codecs: setup.codecs,
            timeout: settings.event_timeout.value,
            limit,
            lost,
        };
        let topics: Vec<Topic> = subscribers.iter().filter_map(|bound| bound.spec.topic).collect();
        let consumers = match Consumers::start(subscribers, surroundings).await {
            Ok(consumers) => consumers,
            Err(error) => {
                server.close(true).await;
                return Err(error);
            }
        };
        if let Some(inbox) = &inbox {
            node.topics = inbox.subscriptions();
        }
        if let Some(state) = &debug {
            state.announced(node.clone());
        }
        let announcing =
            Announcement::make(registry.clone(), node.clone(), settings.registry_ttl.value, limit);
        let announcement = match announcing.await {
            Ok(announcement) => announcement,
            Err(error) => {
                consumers.finish(Duration::ZERO).await;
                server.close(true).await;
                return Err(error.context("cannot register the service"));
            }
        };
        if let Some(inbox) = &inbox {
            inbox.attach(announcement.topics());
        }
        banner::show(&node, &topics, &registry.name(), setup.readable);
        let running = Running {
            server,
            consumers,
            health,
            debug,
            exporting,
            broker,
            announcement,
            drain: settings.drain.value,
            hook_timeout: limit,
            before_stop: hooks.before_stop,
            after_stop: hooks.after_stop,
        };
        Ok((running, hooks.after_start))
    }

    async fn bring_down(&self) -> Result<()> {
        let begun = Instant::now();
        let hooks = self.running().as_mut().map(|up| (mem::take(&mut up.before_stop), up.hook_timeout));
        let Some((before_stop, hook_timeout)) = hooks else { return Ok(()) };
        let before = hooks::run_all("before_stop", before_stop, self, hook_timeout).await;
        // Calls in process find the server there until now.
        let running = self.running().take();
        let Some(running) = running else { return before };
        let Running { server, consumers, health, debug, broker, announcement, .. } = running;
        let Running { exporting, drain, after_stop, .. } = running;
        let end = begun.checked_add(drain);
        let left = || end.map_or(drain, |end| end.saturating_duration_since(Instant::now()));
        announcement.drain().await;
        consumers.stop();
        if let Some(inbox) = broker.inbox() {
            inbox.refuse();
        }
        server.refuse();
        if let Some(state) = &debug {
            state.stop();
        }
        tracing::info!(service = self.name(), in_flight = server.in_flight(), "stopping");
        // The port stays open until nobody can find the node any more: late comers are refused politely, in a way
        // that lets them go elsewhere.
        let late = server.finish(left()).await;
        consumers.finish(left()).await;
        announcement.withdraw().await;
        // What the last calls and events published is on its way still. Nobody is to be sent anything here meanwhile.
        flush(&broker, left()).await;
        if let Some(health) = &health {
            health.end();
        }
        let cut_off = match late {
            0 => 0,
            // Deregistering has given them some time more.
            _ => server.finish(Duration::ZERO).await,
        };
        if cut_off > 0 {
            tracing::warn!(service = self.name(), calls = cut_off, "calls are cut off at the drain limit");
        }
        server.close(cut_off > 0).await;
        let had_hooks = !after_stop.is_empty();
        let after = hooks::run_all("after_stop", after_stop, self, hook_timeout).await;
        if had_hooks {
            flush(&broker, LAST_EVENTS).await;
        }
        if let Some(exporting) = &exporting {
            exporting.flush(LAST_TELEMETRY).await;
        }
        tracing::info!(service = self.name(), "stopped");
        before.and(after)
    }

    fn node(&self, settings: &Settings, methods: &[row::Bound], codecs: &[&str]) -> Node {
        let mut node = Node::new(self.id(), settings.name.value.as_str())
            .version(settings.version.value.as_str())
            .zone(settings.zone.value.as_str());
        let contracts: BTreeSet<&str> = methods.iter().map(|bound| bound.spec.contract).collect();
        node = contracts.into_iter().fold(node, Node::contract);
        node = methods.iter().fold(node, |node, bound| node.endpoint(Endpoint::of(bound.spec)));
        node = wire::names().fold(node, Node::wire);
        codecs.iter().fold(node, |node, codec| node.codec(*codec))
    }
}

/// Reads the settings; reports them with all that was wrong on the builder.
fn load(setup: &Setup) -> Result<Settings> {
    let mut mistakes = setup.mistakes.clone();
    match Settings::load(&setup.sources) {
        Ok(settings) if settings.name.value.is_empty() => {
            mistakes.push("the service has no name; set --name or MICRO_NAME".to_owned());
        }
        Ok(settings) if mistakes.is_empty() => return Ok(settings),
        Ok(_) => {}
        Err(error) => mistakes.push(error.message().to_owned()),
    }
    Err(Error::invalid_argument(mistakes.join("\n")))
}

async fn open_registry(made: Option<&Handle>, schemes: &Schemes, settings: &Settings) -> Result<Handle> {
    let told = matches!(settings.registry.origin, Origin::Flag(_) | Origin::Environment(_));
    if let Some(registry) = made.filter(|_| !told) {
        return Ok(registry.clone());
    }
    let defaults = Defaults::new(settings.local_registry_dir.value.clone());
    let opening = schemes.open(&settings.registry.value, &defaults);
    let what = format!("cannot open the registry ({})", settings.registry.origin);
    within(settings.hook_timeout.value, what, opening).await
}

async fn open_broker(
    made: Option<broker::Handle>,
    schemes: broker::Schemes,
    registry: &Handle,
    settings: &Settings,
) -> Result<(broker::Handle, Option<Late>)> {
    let told = matches!(settings.broker.origin, Origin::Flag(_) | Origin::Environment(_));
    if let Some(broker) = made.filter(|_| !told) {
        return Ok((broker, None));
    }
    let defaults = broker::Defaults::new(registry.clone());
    let opening = late::open(&settings.broker.value, schemes, defaults);
    let what = format!("cannot open the broker ({})", settings.broker.origin);
    within(settings.hook_timeout.value, what, opening).await
}

/// Hands over what was published and is not sent yet. It was called sent, so losing it is worth a word.
pub(super) async fn flush(broker: &broker::Handle, limit: Duration) {
    let closed = tokio::time::timeout(limit.max(LAST_EVENTS), broker.close()).await;
    match closed {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(error = ?error, "the broker did not take the last events"),
        Err(_) => tracing::warn!("the broker did not take the last events in time; they may be lost"),
    }
}

fn limits(settings: &Settings) -> Limits {
    let small = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    Limits::default()
        .message(settings.message_limit.value)
        .header_list(small(settings.header_list_limit.value))
        .headers(settings.max_headers.value)
        .handshake(settings.handshake_timeout.value)
        .body(settings.body_timeout.value)
        .connections(settings.max_connections.value)
        .streams(small(settings.max_streams.value))
        .keep_alive(settings.keep_alive.value)
}

async fn listen(server: &Server, settings: &Settings, registry: &Handle) -> Result<Bound> {
    let address: SocketAddr = advertise::listen_on(&settings.address.value, settings.insecure.value).await?;
    let listener = server.bind(address).await?;
    let local = listener.local_addr()?;
    let remote = !registry.capability().takes_loopback();
    let announced = advertise::announced(local, settings.advertise.value.as_ref(), remote)?;
    server.serve(listener);
    Ok(Bound { local: Some(local), announced: vec![announced] })
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::future::{pending, poll_fn};
    use std::pin::pin;
    use std::task::Poll;

    use crate::config::Sources;
    use crate::error::Code;
    use crate::registry::{Memory, Register};

    #[tokio::test]
    async fn a_stop_that_is_cut_off_has_stopped_whether_it_had_begun_or_not() {
        for begun in [false, true] {
            let service = Service::new("s").registry(Memory::new()).before_stop(|_| pending());
            service.start().await.unwrap();
            let mut stopping = pin!(service.stop());
            let first = poll_fn(|context| Poll::Ready(stopping.as_mut().poll(context))).await;
            assert!(first.is_pending(), "a hook holds it up");
            if begun {
                tokio::task::yield_now().await;
            }
            service.cut_off();
            let ended = tokio::time::timeout(Duration::from_secs(60), stopping).await.expect("it stops on");
            assert_eq!(ended.unwrap_err().code(), Code::Cancelled);
            service.stopped().await;
            assert!(service.server().is_none(), "it runs on");
        }
    }

    #[test]
    fn defaults_of_the_settings_are_those_of_the_types_they_fill() {
        let settings = Settings::load(&Sources::none()).unwrap();
        assert_eq!(limits(&settings), Limits::default());
        assert_eq!(settings.registry_ttl.value, Register::default().ttl);
    }
}
