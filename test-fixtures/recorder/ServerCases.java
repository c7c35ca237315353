import java.util.Map;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.StatsTrack;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs.OpCode;
import org.apache.zookeeper.cli.SetQuotaCommand;
import org.apache.zookeeper.proto.CreateRequest;
import org.apache.zookeeper.proto.CreateResponse;
import org.apache.zookeeper.proto.ExistsRequest;
import org.apache.zookeeper.proto.ExistsResponse;
import org.apache.zookeeper.proto.GetDataRequest;
import org.apache.zookeeper.proto.GetDataResponse;
import org.apache.zookeeper.proto.ReconfigRequest;
import org.apache.zookeeper.proto.SetDataRequest;
import org.apache.zookeeper.proto.SetDataResponse;
import org.apache.zookeeper.proto.SyncRequest;
import org.apache.zookeeper.proto.SyncResponse;

/** What depends on how a server is set up: reconfig, quotas, enforced credentials, read-only mode. */
final class ServerCases extends Cases {
    ServerCases(Tap tap, Map<String, String> hosts) {
        super(tap, hosts);
    }

    @Override
    void run() throws Exception {
        quota();
        enforcedAuth();
        reconfig();
        readOnly();
    }

    private void quota() throws Exception {
        Client client = Client.connect(hosts.get("plain"));
        make(client, "/limited", null);
        StatsTrack limits = new StatsTrack();
        limits.setByteHardLimit(3);
        limits.setCountHardLimit(1);
        SetQuotaCommand.createQuota(client, "/limited", limits);
        new On(client, "setData", OpCode.setData).call("QUOTA_EXCEEDED", new SetDataRequest("/limited", bytes("four"), -1),
            new SetDataResponse());
        new On(client, "create", OpCode.create).call("QUOTA_EXCEEDED", new CreateRequest("/limited/child", null, OPEN, 0),
            new CreateResponse());
        client.close();
    }

    private void enforcedAuth() throws Exception {
        Client client = Client.connect(hosts.get("guarded"));
        new On(client, "exists", OpCode.exists).call("SESSION_CLOSED_REQUIRE_AUTH: no credentials where they are enforced",
            new ExistsRequest("/", false), new ExistsResponse());
        client.abandon();
    }

    /** The server's id is 200, so its sessions' ids are negative for Java. */
    private Client negativeSession() throws Exception {
        Client[] client = new Client[1];
        tap.handshake("a session id with its top bit set",
            SessionCases.connectRequest(0, Client.TIMEOUT, 0, new byte[16], false), () -> {
                client[0] = Client.connect(hosts.get("quorum"));
                return SessionCases.connectResponse(client[0], false);
            });
        client[0].create("/ephemeral", null, OPEN, CreateMode.EPHEMERAL);
        new On(client[0], "exists", OpCode.exists).call("an ephemeral node whose owner's id has its top bit set",
            new ExistsRequest("/ephemeral", false), new ExistsResponse());
        return client[0];
    }

    private void reconfig() throws Exception {
        Client client = negativeSession();
        On on = new On(client, "reconfig", OpCode.reconfig);
        String joining = "server.2=127.0.0.1:10002:10003:observer;127.0.0.1:10001";
        on.call("NO_AUTH", new ReconfigRequest(joining, null, null, -1), new GetDataResponse());
        client.addAuthInfo("digest", bytes("super:wizard"));
        on.call("BAD_VERSION: another configuration is in force", new ReconfigRequest(joining, null, null, 12_345),
            new GetDataResponse());
        on.call("BAD_ARGUMENTS: no such server line", new ReconfigRequest("server.x", null, null, -1),
            new GetDataResponse());
        on.call("a server joins", new ReconfigRequest(joining, null, null, -1), new GetDataResponse());
        on.call("a server leaves", new ReconfigRequest(null, "2", null, -1), new GetDataResponse());
        client.close();
        Client lone = Client.connect(hosts.get("main"));
        lone.addAuthInfo("digest", bytes("super:wizard"));
        new On(lone, "reconfig", OpCode.reconfig).call("UNIMPLEMENTED: a server that stands alone",
            new ReconfigRequest(joining, null, null, -1), new GetDataResponse());
        lone.close();
        Client disabled = Client.connect(hosts.get("ensemble"));
        new On(disabled, "reconfig", OpCode.reconfig).call("RECONFIG_DISABLED",
            new ReconfigRequest(joining, null, null, -1), new GetDataResponse());
        disabled.close();
    }

    private void readOnly() throws Exception {
        tap.ask("do", "isolate");
        Client[] client = new Client[1];
        tap.handshake("a read-only server",
            SessionCases.connectRequest(0, Client.TIMEOUT, 0, new byte[16], true), () -> {
                client[0] = Client.open(hosts.get("ensemble"), Client.TIMEOUT, true, null);
                client[0].await(KeeperState.ConnectedReadOnly);
                return SessionCases.connectResponse(client[0], true);
            });
        new On(client[0], "create", OpCode.create).call("NOT_READONLY: a read-only server",
            new CreateRequest("/ro", null, OPEN, 0), new CreateResponse());
        new On(client[0], "sync", OpCode.sync).call("NOT_READONLY: a read-only server", new SyncRequest("/"),
            new SyncResponse());
        new On(client[0], "getData", OpCode.getData).call("a read-only server", new GetDataRequest("/", false),
            new GetDataResponse());
        client[0].abandon();
    }
}
