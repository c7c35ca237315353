//! kezhuw's zookeeper-client on tokio. Each request in flight is a task; `rust-client multi` uses every core. The lines on
//! stdin and stdout are those of support/cell.ts.

use serde::{Deserialize, Serialize};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, BufReader};
use zookeeper_client::{Acls, Client, CreateMode};

const SAMPLE_EVERY: u64 = 61;
const PERCENTILES: [f64; 5] = [50.0, 90.0, 99.0, 99.9, 99.99];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cell {
    hosts: String,
    load: String,
    in_flight: u64,
    node: String,
    payload: usize,
    parent: String,
    rate: f64,
}

#[derive(Deserialize)]
struct Order {
    seconds: f64,
}

#[derive(Serialize)]
struct Outcome {
    ops: u64,
    seconds: f64,
    user: f64,
    system: f64,
    p50: f64,
    p99: f64,
    p999: f64,
    rss: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    percentiles: Option<serde_json::Map<String, serde_json::Value>>,
}

#[derive(Clone, Copy, PartialEq)]
enum Load {
    GetData,
    SetData,
    Exists,
    GetChildren,
    Mixed,
    CreateDelete,
}

struct Target {
    client: Client,
    load: Load,
    node: String,
    parent: String,
    data: Vec<u8>,
    turns: AtomicU64,
}

fn say(line: serde_json::Value) {
    println!("{line}");
}

fn fail(error: zookeeper_client::Error) -> ! {
    say(serde_json::json!({ "error": error.to_string() }));
    std::process::exit(1)
}

fn load_named(name: &str) -> Option<Load> {
    Some(match name {
        "getData" => Load::GetData,
        "setData" => Load::SetData,
        "exists" => Load::Exists,
        "getChildren" => Load::GetChildren,
        "mixed" => Load::Mixed,
        "createDelete" => Load::CreateDelete,
        _ => return None,
    })
}

impl Target {
    /// Sends one request, which leaves in the order of the calls, and waits for its reply.
    async fn issue(&self) {
        let result = match self.load {
            Load::GetData => self.client.get_data(&self.node).await.map(drop),
            Load::SetData => self.client.set_data(&self.node, &self.data, None).await.map(drop),
            Load::Exists => self.client.check_stat(&self.node).await.map(drop),
            Load::GetChildren => self.client.get_children(&self.parent).await.map(drop),
            Load::Mixed if self.turns.fetch_add(1, Ordering::Relaxed) % 10 == 9 => {
                self.client.set_data(&self.node, &self.data, None).await.map(drop)
            }
            Load::Mixed => self.client.get_data(&self.node).await.map(drop),
            Load::CreateDelete => self.create_delete().await,
        };
        if let Err(error) = result {
            fail(error);
        }
    }

    async fn create_delete(&self) -> Result<(), zookeeper_client::Error> {
        let turn = self.turns.fetch_add(1, Ordering::Relaxed);
        let path = format!("/bench/scratch/{}-{turn}", std::process::id());
        let options = CreateMode::Persistent.with_acls(Acls::anyone_all());
        let created = self.client.create(&path, &self.data, &options);
        let deleted = self.client.delete(&path, None);
        tokio::try_join!(created, deleted).map(drop)
    }
}

/// Keeps requests in flight: each task sends its next one when the last is answered.
async fn closed_loop(target: &Arc<Target>, in_flight: u64, seconds: f64) -> (u64, Vec<f64>) {
    let every = if in_flight <= 16 { 1 } else { SAMPLE_EVERY };
    let until = Instant::now() + Duration::from_secs_f64(seconds);
    let next = Arc::new(AtomicU64::new(0));
    let workers: Vec<_> = (0..in_flight)
        .map(|_| {
            let (target, next) = (target.clone(), next.clone());
            tokio::spawn(async move {
                let (mut ops, mut samples) = (0, Vec::new());
                loop {
                    let sampled = next.fetch_add(1, Ordering::Relaxed) % every == 0;
                    let sent_at = Instant::now();
                    target.issue().await;
                    ops += 1;
                    let now = Instant::now();
                    if sampled {
                        samples.push((now - sent_at).as_secs_f64() * 1e6);
                    }
                    if now >= until {
                        return (ops, samples);
                    }
                }
            })
        })
        .collect();
    let (mut ops, mut samples) = (0, Vec::new());
    for worker in workers {
        let (done, mut some) = worker.await.unwrap();
        ops += done;
        samples.append(&mut some);
    }
    (ops, samples)
}

/// Sends requests at a fixed rate, whether or not replies come. A latency counts from the time at which its request was due.
async fn open_loop(target: &Arc<Target>, rate: f64, seconds: f64) -> (u64, Vec<f64>) {
    let total = (rate * seconds).round() as u64;
    let start = Instant::now();
    let mut requests: Vec<tokio::task::JoinHandle<f64>> = Vec::with_capacity(total as usize);
    while (requests.len() as u64) < total {
        let due = total.min((start.elapsed().as_secs_f64() * rate) as u64 + 1);
        while (requests.len() as u64) < due {
            let at = start + Duration::from_secs_f64(requests.len() as f64 / rate);
            let target = target.clone();
            let request: Pin<Box<dyn Future<Output = f64> + Send>> = Box::pin(async move {
                target.issue().await;
                at.elapsed().as_secs_f64() * 1e6
            });
            requests.push(tokio::spawn(request));
        }
        tokio::task::yield_now().await;
    }
    let mut samples = Vec::with_capacity(requests.len());
    for request in requests {
        samples.push(request.await.unwrap());
    }
    (total, samples)
}

fn usage() -> libc::rusage {
    let mut usage = std::mem::MaybeUninit::uninit();
    unsafe {
        libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr());
        usage.assume_init()
    }
}

fn micros(time: libc::timeval) -> f64 {
    time.tv_sec as f64 * 1e6 + time.tv_usec as f64
}

fn percentile(sorted: &[f64], percent: f64) -> f64 {
    let at = (sorted.len() as f64 * percent / 100.0) as usize;
    sorted.get(at).copied().unwrap_or(0.0)
}

async fn round(target: &Arc<Target>, cell: &Cell, seconds: f64) -> Outcome {
    let before = usage();
    let start = Instant::now();
    let (ops, mut samples) = if cell.rate > 0.0 {
        open_loop(target, cell.rate, seconds).await
    } else {
        closed_loop(target, cell.in_flight, seconds).await
    };
    let took = start.elapsed().as_secs_f64();
    let after = usage();
    samples.sort_by(f64::total_cmp);
    let at = |percent| percentile(&samples, percent);
    let all = PERCENTILES.iter().map(|percent| (format!("p{percent}"), at(*percent).into()));
    Outcome {
        ops,
        seconds: took,
        user: micros(after.ru_utime) - micros(before.ru_utime),
        system: micros(after.ru_stime) - micros(before.ru_stime),
        p50: at(50.0),
        p99: at(99.0),
        p999: at(99.9),
        rss: after.ru_maxrss * 1024,
        percentiles: (cell.rate > 0.0).then(|| all.collect()),
    }
}

async fn serve() {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let Some(line) = lines.next_line().await.unwrap() else { return };
    let cell: Cell = serde_json::from_str(&line).unwrap();
    let Some(load) = load_named(&cell.load) else {
        return say(serde_json::json!({ "skip": "does not do this load here" }));
    };
    let client = Client::connect(&cell.hosts).await.unwrap_or_else(|error| fail(error));
    let target = Arc::new(Target {
        client,
        load,
        node: cell.node.clone(),
        parent: cell.parent.clone(),
        data: vec![b'x'; cell.payload],
        turns: AtomicU64::new(0),
    });
    target.issue().await;
    say(serde_json::json!({ "ready": true, "version": "0.11.2" }));
    while let Some(line) = lines.next_line().await.unwrap() {
        let order: Order = serde_json::from_str(&line).unwrap();
        say(serde_json::to_value(round(&target, &cell, order.seconds).await).unwrap());
    }
    // The thread that waits for stdin would keep the process.
    std::process::exit(0)
}

fn main() {
    let multi = std::env::args().nth(1).as_deref() == Some("multi");
    let mut runtime = if multi {
        tokio::runtime::Builder::new_multi_thread()
    } else {
        tokio::runtime::Builder::new_current_thread()
    };
    runtime.enable_all().build().unwrap().block_on(serve())
}
