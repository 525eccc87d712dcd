//! How much is taken in: a steady pace and a burst that was saved up, of everybody together and of each machine.
//!
//! One that floods the network uses up its own share; what the others say is heard all the same.

use std::collections::HashMap;
use std::net::IpAddr;

use tokio::time::Instant;

/// How many machines are counted apart. Those beyond share what is there for everybody.
const MOST: usize = 1_024;

/// How much of something is allowed: a steady pace, and a burst that was saved up.
pub(super) struct Allowance {
    pace: f64,
    burst: f64,
    left: f64,
    counted: Option<Instant>,
}

impl Allowance {
    /// Allows `pace` a second on and on, and `burst` at once.
    pub(super) fn new(pace: f64, burst: f64) -> Self {
        Allowance { pace, burst, left: burst, counted: None }
    }

    /// Uses one up; false when there is none left.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        self.pay(1.0, now)
    }

    /// Uses up what something costs; false, and nothing is used, when there is not that much left.
    pub(super) fn pay(&mut self, cost: f64, now: Instant) -> bool {
        self.count(now);
        let allowed = self.left >= cost;
        if allowed {
            self.left -= cost;
        }
        allowed
    }

    /// Counts what was done already. It has to be saved up before anything else is allowed; never more than a burst.
    pub(super) fn owe(&mut self, cost: f64) {
        self.left = (self.left - cost).max(-self.burst);
    }

    fn count(&mut self, now: Instant) {
        let passed = self.counted.replace(now).map(|counted| now.saturating_duration_since(counted));
        self.left = (self.left + passed.unwrap_or_default().as_secs_f64() * self.pace).min(self.burst);
    }
}

/// An allowance for everybody, of which no machine may use more than a share.
pub(super) struct Shares {
    all: Allowance,
    pace: f64,
    burst: f64,
    machines: HashMap<IpAddr, Allowance>,
}

impl Shares {
    /// Allows `all` together, and each machine `pace` a second and `burst` at once of it.
    pub(super) fn new(all: Allowance, pace: f64, burst: f64) -> Self {
        Shares { all, pace, burst, machines: HashMap::new() }
    }

    /// Uses up what something of the machine at `source` costs; false when there is not that much left.
    pub(super) fn pay(&mut self, source: IpAddr, cost: f64, now: Instant) -> bool {
        let fresh = !self.machines.contains_key(&source);
        if fresh && self.machines.len() >= MOST {
            // Whoever has saved up a whole burst again may as well be new.
            self.machines.retain(|_, own| {
                own.count(now);
                own.left < own.burst
            });
        }
        if !fresh || self.machines.len() < MOST {
            let own = self.machines.entry(source).or_insert_with(|| Allowance::new(self.pace, self.burst));
            if !own.pay(cost, now) {
                return false;
            }
        }
        self.all.pay(cost, now)
    }

    /// Counts what was done for the machine at `source` already.
    pub(super) fn owe(&mut self, source: IpAddr, cost: f64) {
        if let Some(own) = self.machines.get_mut(&source) {
            own.owe(cost);
        }
        self.all.owe(cost);
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::time::Duration;

    use super::*;

    fn machine(number: u32) -> IpAddr {
        Ipv4Addr::from(0x0a00_0000 + number).into()
    }

    #[tokio::test(start_paused = true)]
    async fn an_allowance_is_a_pace_and_a_burst() {
        let mut allowance = Allowance::new(10.0, 3.0);
        let count = |allowance: &mut Allowance| (0..100).filter(|_| allowance.take(Instant::now())).count();
        assert_eq!(count(&mut allowance), 3);
        tokio::time::advance(Duration::from_millis(200)).await;
        assert_eq!(count(&mut allowance), 2);
        tokio::time::advance(Duration::from_secs(3_600)).await;
        assert_eq!(count(&mut allowance), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn what_costs_more_uses_up_more_and_what_is_owed_comes_first() {
        let (start, mut allowance) = (Instant::now(), Allowance::new(10.0, 100.0));
        assert!(allowance.pay(60.0, start) && !allowance.pay(60.0, start) && allowance.pay(40.0, start));
        allowance.owe(20.0);
        assert!(!allowance.take(start + Duration::from_secs(2)));
        assert!(allowance.pay(10.0, start + Duration::from_secs(3)));
        // However much it was, it is made up for in the time of a burst.
        allowance.owe(1e9);
        assert!(allowance.take(start + Duration::from_secs(3 + 11)));
    }

    #[tokio::test(start_paused = true)]
    async fn one_machine_does_not_use_up_what_others_need() {
        let now = Instant::now();
        let mut shares = Shares::new(Allowance::new(10.0, 100.0), 1.0, 30.0);
        let taken =
            |shares: &mut Shares, number| (0..200).filter(|_| shares.pay(machine(number), 1.0, now)).count();
        let each: Vec<usize> = (0..4).map(|number| taken(&mut shares, number)).collect();
        assert_eq!(each, [30, 30, 30, 10]);
        assert_eq!(taken(&mut shares, 4), 0, "there is an end for all together");
    }

    #[tokio::test(start_paused = true)]
    async fn so_many_machines_are_counted_apart() {
        let (start, many) = (Instant::now(), 3 * u32::try_from(MOST).unwrap());
        let mut shares = Shares::new(Allowance::new(1.0, 1e6), 1.0, 2.0);
        assert!((0..many).all(|number| shares.pay(machine(number), 1.0, start)));
        assert_eq!(shares.machines.len(), MOST);
        // Those that were silent for a while make room.
        assert!(shares.pay(machine(many), 1.0, start + Duration::from_secs(5)));
        assert_eq!(shares.machines.len(), 1);
    }
}
