import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs.OpCode;

/** Handshakes, heartbeats, credentials, the end of a session, and one whole connection. */
final class SessionCases extends Cases {
    SessionCases(Tap tap, Map<String, String> hosts) {
        super(tap, hosts);
    }

    @Override
    void run() throws Exception {
        newSessions();
        oldSessions();
        ping();
        auth();
        sasl();
        closeSession();
        wholeConnection();
    }

    static Object connectRequest(long lastZxid, int timeout, long sessionId, byte[] password, boolean readOnly) {
        return Json.object("protocolVersion", 0, "lastZxidSeen", lastZxid, "timeOut", timeout,
            "sessionId", sessionId, "passwd", password, "readOnly", readOnly);
    }

    static Object connectResponse(Client client, boolean readOnly) {
        return Json.object("protocolVersion", 0, "timeOut", client.getSessionTimeout(),
            "sessionId", client.getSessionId(), "passwd", client.getSessionPasswd(), "readOnly", readOnly);
    }

    private void newSession(String name, int timeout, boolean readOnly) throws Exception {
        Client[] client = new Client[1];
        tap.handshake(name, connectRequest(0, timeout, 0, new byte[16], readOnly), () -> {
            client[0] = Client.open(hosts.get("main"), timeout, readOnly, null);
            client[0].await(KeeperState.SyncConnected);
            return connectResponse(client[0], false);
        });
        client[0].close();
    }

    private void newSessions() throws Exception {
        newSession("a new session", Client.TIMEOUT, false);
        newSession("a new session that would take a read-only server", Client.TIMEOUT, true);
        newSession("a session timeout raised to the server's least", 200, false);
        newSession("a session timeout lowered to the server's most", 1_000_000, false);
    }

    private void oldSessions() throws Exception {
        Client first = Client.connect(hosts.get("main"));
        long id = first.getSessionId();
        byte[] password = first.getSessionPasswd();
        first.abandon();
        Client[] second = new Client[1];
        tap.handshake("a session resumed by another process", connectRequest(0, Client.TIMEOUT, id, password, false), () -> {
            second[0] = Client.resume(hosts.get("main"), Client.TIMEOUT, id, password);
            second[0].await(KeeperState.SyncConnected);
            return connectResponse(second[0], false);
        });
        reconnected(second[0]);
        second[0].close();
        expired("a session that was closed", id, password);
        Client third = Client.connect(hosts.get("main"));
        expired("a wrong password", third.getSessionId(), bytes("not the password"));
        third.close();
    }

    private void reconnected(Client client) throws Exception {
        client.create("/reconnected", null, OPEN, CreateMode.PERSISTENT);
        tap.ask("do", "cut");
        client.await(KeeperState.Disconnected);
        Object sent = connectRequest(client.lastZxid(), Client.TIMEOUT, client.getSessionId(), client.getSessionPasswd(), false);
        tap.handshake("a reconnect that tells the last zxid", sent, () -> {
            tap.ask("do", "mend");
            client.await(KeeperState.SyncConnected);
            return connectResponse(client, false);
        });
    }

    private void expired(String name, long id, byte[] password) throws Exception {
        tap.handshake("expired: " + name, connectRequest(0, Client.TIMEOUT, id, password, false), () -> {
            Client client = Client.resume(hosts.get("main"), Client.TIMEOUT, id, password);
            client.await(KeeperState.Expired);
            return Json.object("timeOut", client.getSessionTimeout(), "expired", true);
        });
    }

    private void ping() throws Exception {
        Client client = Client.open(hosts.get("main"), 1_000, false, null);
        client.await(KeeperState.SyncConnected);
        tap.observe("ping", OpCode.ping, "a heartbeat", null, () -> {
            Thread.sleep(900);
            return Json.object("err", 0, "response", null);
        });
        client.close();
    }

    private void auth() throws Exception {
        for (String scheme : List.of("digest", "ip")) {
            Client client = Client.connect(hosts.get("main"));
            byte[] proof = scheme.equals("ip") ? new byte[0] : bytes("alice:secret");
            tap.observe("auth", OpCode.auth, "scheme " + scheme, packet(scheme, proof), () -> {
                client.addAuthInfo(scheme, proof);
                client.exists("/", false);
                return Json.object("err", 0, "response", null);
            });
            client.close();
        }
        Client stranger = Client.connect(hosts.get("main"));
        tap.observe("auth", OpCode.auth, "AUTH_FAILED: an unknown scheme", packet("runes", bytes("mellon")), () -> {
            stranger.addAuthInfo("runes", bytes("mellon"));
            stranger.await(KeeperState.AuthFailed);
            return Json.object("err", -115, "response", null);
        });
        stranger.abandon();
    }

    private static Object packet(String scheme, byte[] proof) {
        return Json.object("type", 0, "scheme", scheme, "auth", proof);
    }

    private void sasl() throws Exception {
        Client[] client = new Client[1];
        tap.observe("sasl", OpCode.sasl, "DIGEST-MD5", null, () -> {
            client[0] = Client.open(hosts.get("main"), Client.TIMEOUT, false, "Right");
            client[0].await(KeeperState.SaslAuthenticated);
            return Json.object("err", 0);
        });
        client[0].close();
        tap.observe("sasl", OpCode.sasl, "DIGEST-MD5 with a wrong password", null, () -> {
            client[0] = Client.open(hosts.get("main"), Client.TIMEOUT, false, "Wrong");
            client[0].await(KeeperState.AuthFailed);
            return Json.object("err", -115);
        });
        client[0].abandon();
    }

    private void closeSession() throws Exception {
        Client client = Client.connect(hosts.get("main"));
        client.create("/closing", null, OPEN, CreateMode.EPHEMERAL);
        new On(client, "closeSession", OpCode.closeSession).call("a session with an ephemeral node", null, null);
        client.abandon();
    }

    /** Pipelined requests, errors, an event, credentials and a heartbeat: the traffic of a session's life. */
    private void wholeConnection() throws Exception {
        Client hands = Client.connect(hosts.get("direct"));
        tap.stream("a session from its handshake to its close", () -> {
            Client client = Client.open(hosts.get("main"), 1_000, false, null);
            client.await(KeeperState.SyncConnected);
            client.addAuthInfo("digest", bytes("alice:secret"));
            make(client, "/stream", "v0");
            CountDownLatch settled = new CountDownLatch(60);
            for (int i = 0; i < 20; i++) {
                client.setData("/stream", bytes("v" + i), -1, (code, path, context, stat) -> settled.countDown(), null);
                client.getData("/stream", client.inbox, (code, path, context, data, stat) -> settled.countDown(), null);
                client.exists("/stream/" + i, false, (code, path, context, stat) -> settled.countDown(), null);
            }
            if (!settled.await(30, TimeUnit.SECONDS)) {
                throw new IllegalStateException("the pipelined requests did not settle");
            }
            client.exists("/stream", client.inbox);
            hands.delete("/stream", -1);
            Thread.sleep(700);
            String session = Long.toString(client.getSessionId());
            client.close();
            return Json.object("sessionId", session, "requests", 60);
        });
        hands.close();
    }
}
