import java.util.Arrays;
import java.util.Map;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.ZooDefs.OpCode;
import org.apache.zookeeper.ZooDefs.Perms;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.apache.zookeeper.data.Stat;
import org.apache.zookeeper.proto.CheckVersionRequest;
import org.apache.zookeeper.proto.ExistsRequest;
import org.apache.zookeeper.proto.ExistsResponse;
import org.apache.zookeeper.proto.GetACLRequest;
import org.apache.zookeeper.proto.GetACLResponse;
import org.apache.zookeeper.proto.GetAllChildrenNumberRequest;
import org.apache.zookeeper.proto.GetAllChildrenNumberResponse;
import org.apache.zookeeper.proto.GetChildren2Request;
import org.apache.zookeeper.proto.GetChildren2Response;
import org.apache.zookeeper.proto.GetChildrenRequest;
import org.apache.zookeeper.proto.GetChildrenResponse;
import org.apache.zookeeper.proto.GetDataRequest;
import org.apache.zookeeper.proto.GetDataResponse;
import org.apache.zookeeper.proto.GetEphemeralsRequest;
import org.apache.zookeeper.proto.GetEphemeralsResponse;
import org.apache.zookeeper.proto.SyncRequest;
import org.apache.zookeeper.proto.SyncResponse;
import org.apache.zookeeper.proto.WhoAmIResponse;

/** The operations that read, and those which a server refuses to know. */
final class ReadCases extends Cases {
    private Client subject;
    private Client hands;

    ReadCases(Tap tap, Map<String, String> hosts) {
        super(tap, hosts);
    }

    @Override
    void run() throws Exception {
        subject = Client.connect(hosts.get("main"));
        hands = Client.connect(hosts.get("direct"));
        make(hands, "/r", "root of reads");
        make(hands, "/r/null", null);
        make(hands, "/r/empty", "");
        hands.create("/r/bytes", new byte[] {0, -1, -128, 127, 10}, OPEN, CreateMode.PERSISTENT);
        hands.create("/r/locked", bytes("locked"), locked(), CreateMode.PERSISTENT);
        exists();
        getData();
        getAcl();
        getChildren();
        sync();
        getEphemerals();
        getAllChildrenNumber();
        whoAmI();
        check();
        subject.close();
        hands.close();
        unknownOperation();
    }

    private void exists() throws Exception {
        subject.create("/r/ephemeral", bytes("e"), OPEN, CreateMode.EPHEMERAL);
        hands.create("/r/container", bytes("c"), OPEN, CreateMode.CONTAINER);
        hands.create("/r/ttl", bytes("t"), OPEN, CreateMode.PERSISTENT_WITH_TTL, new Stat(), 3_600_000);
        On on = new On(subject, "exists", OpCode.exists);
        on.call("a node", new ExistsRequest("/r", false), new ExistsResponse());
        on.call("with a watch", new ExistsRequest("/r", true), new ExistsResponse());
        on.call("an ephemeral node", new ExistsRequest("/r/ephemeral", false), new ExistsResponse());
        on.call("a container", new ExistsRequest("/r/container", false), new ExistsResponse());
        on.call("a node with a time to live", new ExistsRequest("/r/ttl", false), new ExistsResponse());
        on.call("NO_NODE", new ExistsRequest("/r/none", false), new ExistsResponse());
        on.call("NO_NODE with a watch", new ExistsRequest("/r/none", true), new ExistsResponse());
    }

    private void getData() throws Exception {
        On on = new On(subject, "getData", OpCode.getData);
        on.call("text", new GetDataRequest("/r", false), new GetDataResponse());
        on.call("with a watch", new GetDataRequest("/r", true), new GetDataResponse());
        on.call("null data", new GetDataRequest("/r/null", false), new GetDataResponse());
        on.call("empty data", new GetDataRequest("/r/empty", false), new GetDataResponse());
        on.call("bytes that are not text", new GetDataRequest("/r/bytes", false), new GetDataResponse());
        on.call("NO_NODE with a watch", new GetDataRequest("/r/none", true), new GetDataResponse());
        on.call("NO_AUTH", new GetDataRequest("/r/locked", false), new GetDataResponse());
    }

    private void getAcl() throws Exception {
        hands.create("/r/acl", null, Arrays.asList(new ACL(Perms.READ, new Id("world", "anyone")),
            new ACL(Perms.CREATE | Perms.DELETE, new Id("ip", "127.0.0.1")), locked().get(0)), CreateMode.PERSISTENT);
        On on = new On(subject, "getACL", OpCode.getACL);
        on.call("open", new GetACLRequest("/r"), new GetACLResponse());
        on.call("a digest masked, for one who may not administer", new GetACLRequest("/r/acl"), new GetACLResponse());
        on.call("NO_NODE", new GetACLRequest("/r/none"), new GetACLResponse());
        on.call("NO_AUTH", new GetACLRequest("/r/locked"), new GetACLResponse());
        Client alice = Client.connect(hosts.get("main"));
        alice.addAuthInfo("digest", bytes("alice:secret"));
        new On(alice, "getACL", OpCode.getACL).call("a digest in full, for its owner", new GetACLRequest("/r/acl"),
            new GetACLResponse());
        alice.close();
    }

    private void getChildren() throws Exception {
        On one = new On(subject, "getChildren", OpCode.getChildren);
        one.call("several", new GetChildrenRequest("/r", false), new GetChildrenResponse());
        one.call("none", new GetChildrenRequest("/r/empty", false), new GetChildrenResponse());
        one.call("with a watch", new GetChildrenRequest("/r", true), new GetChildrenResponse());
        one.call("NO_NODE", new GetChildrenRequest("/r/none", true), new GetChildrenResponse());
        one.call("NO_AUTH", new GetChildrenRequest("/r/locked", false), new GetChildrenResponse());
        On two = new On(subject, "getChildren2", OpCode.getChildren2);
        two.call("several", new GetChildren2Request("/r", false), new GetChildren2Response());
        two.call("none", new GetChildren2Request("/r/empty", false), new GetChildren2Response());
        two.call("with a watch", new GetChildren2Request("/r", true), new GetChildren2Response());
        two.call("NO_NODE", new GetChildren2Request("/r/none", true), new GetChildren2Response());
        two.call("NO_AUTH", new GetChildren2Request("/r/locked", false), new GetChildren2Response());
    }

    private void sync() throws Exception {
        On on = new On(subject, "sync", OpCode.sync);
        on.call("a node", new SyncRequest("/r"), new SyncResponse());
        on.call("a path without a node", new SyncRequest("/r/none"), new SyncResponse());
    }

    private void getEphemerals() throws Exception {
        On on = new On(subject, "getEphemerals", OpCode.getEphemerals);
        on.call("under the root", new GetEphemeralsRequest("/"), new GetEphemeralsResponse());
        on.call("under a prefix", new GetEphemeralsRequest("/r/eph"), new GetEphemeralsResponse());
        on.call("none", new GetEphemeralsRequest("/none"), new GetEphemeralsResponse());
    }

    private void getAllChildrenNumber() throws Exception {
        On on = new On(subject, "getAllChildrenNumber", OpCode.getAllChildrenNumber);
        on.call("a subtree", new GetAllChildrenNumberRequest("/r"), new GetAllChildrenNumberResponse());
        on.call("a leaf", new GetAllChildrenNumberRequest("/r/null"), new GetAllChildrenNumberResponse());
        on.call("NO_NODE", new GetAllChildrenNumberRequest("/r/none"), new GetAllChildrenNumberResponse());
        on.call("NO_AUTH", new GetAllChildrenNumberRequest("/r/locked"), new GetAllChildrenNumberResponse());
    }

    private void whoAmI() throws Exception {
        new On(subject, "whoAmI", OpCode.whoAmI).call("an address alone", null, new WhoAmIResponse());
        Client alice = Client.connect(hosts.get("main"));
        alice.addAuthInfo("digest", bytes("alice:secret"));
        new On(alice, "whoAmI", OpCode.whoAmI).call("a digest user", null, new WhoAmIResponse());
        alice.close();
    }

    private void check() throws Exception {
        On on = new On(subject, "check", OpCode.check);
        on.call("BAD_VERSION", new CheckVersionRequest("/r", 9), null);
        on.call("NO_NODE", new CheckVersionRequest("/r/none", -1), null);
        on.call("NO_AUTH", new CheckVersionRequest("/r/locked", -1), null);
    }

    /** It is answered with UNIMPLEMENTED, and then the server closes the connection. */
    private void unknownOperation() throws Exception {
        Client explorer = Client.connect(hosts.get("main"));
        new On(explorer, "unknown", 999).call("UNIMPLEMENTED", null, null);
        explorer.abandon();
    }
}
