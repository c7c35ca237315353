//! Stands in for the crate by which a suite runs ZooKeeper in containers: each container is a stand-in program that
//! holds an in-memory server. Only what the suite calls is here.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// The port that every image has inside.
const CLIENT_PORT: u16 = 2181;
const TIME_LIMIT: Duration = Duration::from_secs(30);
const DEFAULT_CONFIG: &str = "tickTime=2000\ndataDir=/data\nclientPort=2181\n";

static COUNT: AtomicU32 = AtomicU32::new(0);

pub mod images {
    pub mod generic {
        pub use crate::GenericImage;
    }
}

pub mod clients {
    pub use crate::Cli;
}

pub mod core {
    pub use crate::{Container, Healthcheck, LogStream, RunnableImage, WaitFor};
}

/// A check of a container's health, of which an in-memory server has no need: it serves when it says its port.
#[derive(Clone, Default)]
pub struct Healthcheck;

impl Healthcheck {
    pub fn with_cmd<I>(self, _words: I) -> Self {
        self
    }

    pub fn with_interval(self, _interval: Duration) -> Self {
        self
    }

    pub fn with_retries(self, _retries: u32) -> Self {
        self
    }
}

pub enum WaitFor {
    Healthcheck,
}

/// An image, of which only the tag counts: it is the release to play.
pub struct GenericImage {
    tag: String,
    env: HashMap<String, String>,
}

impl GenericImage {
    pub fn new(_name: &str, tag: &str) -> Self {
        Self { tag: tag.to_string(), env: HashMap::new() }
    }

    pub fn with_env_var(mut self, name: &str, value: impl Into<String>) -> Self {
        self.env.insert(name.to_string(), value.into());
        self
    }

    pub fn with_healthcheck(self, _check: Healthcheck) -> Self {
        self
    }

    pub fn with_wait_for(self, _condition: WaitFor) -> Self {
        self
    }
}

/// An image with what only one container of it has.
pub struct RunnableImage<I> {
    image: I,
    /// Paths on this machine, by where the container has them.
    volumes: HashMap<String, String>,
    network: Option<String>,
}

impl From<GenericImage> for RunnableImage<GenericImage> {
    fn from(image: GenericImage) -> Self {
        Self { image, volumes: HashMap::new(), network: None }
    }
}

impl<I> RunnableImage<I> {
    pub fn with_volume(mut self, (source, destination): (impl Into<String>, impl Into<String>)) -> Self {
        self.volumes.insert(destination.into(), source.into());
        self
    }

    pub fn with_network(mut self, network: impl Into<String>) -> Self {
        self.network = Some(network.into());
        self
    }
}

#[derive(Default)]
pub struct Cli;

impl Cli {
    /// Starts a container and waits until it serves.
    pub fn run(&self, image: impl Into<RunnableImage<GenericImage>>) -> Container<'_, GenericImage> {
        let container = Container::new(image.into());
        container.start();
        container
    }
}

#[derive(Default)]
struct Output {
    lines: Mutex<Vec<String>>,
    added: Condvar,
}

impl Output {
    /// Waits for a line in which `find` finds something, from line `from` on.
    fn wait<T>(&self, from: usize, find: impl Fn(&str) -> Option<T>) -> Option<T> {
        let deadline = Instant::now() + TIME_LIMIT;
        let mut lines = self.lines.lock().unwrap();
        loop {
            if let Some(found) = lines.iter().skip(from).find_map(|line| find(line)) {
                return Some(found);
            }
            let left = deadline.checked_duration_since(Instant::now())?;
            lines = self.added.wait_timeout(lines, left).unwrap().0;
        }
    }
}

pub struct LogStream(Arc<Output>);

impl LogStream {
    /// Waits for a line that has the message in it.
    pub fn wait_for_message(self, message: &str) -> Result<(), String> {
        let found = self.0.wait(0, |line| line.contains(message).then_some(()));
        found.ok_or_else(|| format!("no line with '{message}'"))
    }
}

pub struct Container<'d, I> {
    image: RunnableImage<I>,
    /// What the container has of its own: its data, where no volume holds it, and its configuration.
    directory: PathBuf,
    child: Mutex<Option<Child>>,
    port: Mutex<u16>,
    output: Arc<Output>,
    client: std::marker::PhantomData<&'d ()>,
}

impl Container<'_, GenericImage> {
    fn new(mut image: RunnableImage<GenericImage>) -> Self {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let directory = std::env::temp_dir().join(format!("zookit-container-{}-{number}", std::process::id()));
        fs::create_dir_all(directory.join("data")).unwrap();
        image.volumes.entry("/data".to_string()).or_insert_with(|| directory.join("data").to_str().unwrap().to_string());
        let own = directory.join("zoo.cfg").to_str().unwrap().to_string();
        fs::write(&own, DEFAULT_CONFIG).unwrap();
        image.volumes.entry("/conf/zoo.cfg".to_string()).or_insert(own);
        let (child, port, output) = (Mutex::new(None), Mutex::new(0), Arc::default());
        Self { image, directory, child, port, output, client: std::marker::PhantomData }
    }

    /// The port of this machine at which the container's one is to be reached.
    pub fn get_host_port(&self, port: u16) -> u16 {
        assert_eq!(port, CLIENT_PORT);
        *self.port.lock().unwrap()
    }

    pub fn stdout(&self) -> LogStream {
        LogStream(self.output.clone())
    }

    /// Starts the server, with the data and at the port that it had before, and waits until it serves.
    pub fn start(&self) {
        let from = self.output.lines.lock().unwrap().len();
        let mut child = self.command().stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let output = self.output.clone();
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                output.lines.lock().unwrap().push(line);
                output.added.notify_all();
            }
        });
        *self.child.lock().unwrap() = Some(child);
        let port = self.output.wait(from, |line| line.strip_prefix("listening on ")?.parse().ok());
        *self.port.lock().unwrap() = port.expect("no server");
    }

    pub fn stop(&self) {
        if let Some(mut child) = self.child.lock().unwrap().take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    fn command(&self) -> Command {
        let volumes = &self.image.volumes;
        let paths: Vec<_> = volumes.iter().map(|(inside, outside)| format!("{inside:?}:{outside:?}")).collect();
        let mut command = Command::new(std::env::var("ZOOKIT_JAVA").unwrap());
        command.envs(&self.image.image.env);
        command.env("ZOOKIT_RELEASE", &self.image.image.tag);
        command.env("ZOOKIT_PATHS", format!("{{{}}}", paths.join(",")));
        if self.image.network.is_none() {
            command.env("ZOOKIT_PORT", self.port.lock().unwrap().to_string());
        }
        command.arg(&volumes["/conf/zoo.cfg"]);
        command
    }
}

impl<I> Drop for Container<'_, I> {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.lock().unwrap().take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        let _ = fs::remove_dir_all(&self.directory);
    }
}
