import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.ZooDefs.OpCode;
import org.apache.zookeeper.ZooDefs.Perms;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.apache.zookeeper.proto.Create2Response;
import org.apache.zookeeper.proto.CreateRequest;
import org.apache.zookeeper.proto.CreateResponse;
import org.apache.zookeeper.proto.CreateTTLRequest;
import org.apache.zookeeper.proto.DeleteRequest;
import org.apache.zookeeper.proto.SetACLRequest;
import org.apache.zookeeper.proto.SetACLResponse;
import org.apache.zookeeper.proto.SetDataRequest;
import org.apache.zookeeper.proto.SetDataResponse;

/** The operations that change nodes. */
final class NodeCases extends Cases {
    private Client subject;
    private Client hands;

    NodeCases(Tap tap, Map<String, String> hosts) {
        super(tap, hosts);
    }

    @Override
    void run() throws Exception {
        subject = Client.connect(hosts.get("main"));
        hands = Client.connect(hosts.get("direct"));
        make(hands, "/w", null);
        hands.create("/w/locked", bytes("locked"), locked(), CreateMode.PERSISTENT);
        create();
        createRefused();
        create2();
        createContainer();
        createTtl();
        delete();
        setData();
        setAcl();
        subject.close();
        hands.close();
    }

    private void create() throws Exception {
        On on = new On(subject, "create", OpCode.create);
        on.call("a persistent node with data", request("/w/c", bytes("v1"), 0), new CreateResponse());
        on.call("null data", request("/w/null", null, 0), new CreateResponse());
        on.call("empty data", request("/w/empty", new byte[0], 0), new CreateResponse());
        on.call("bytes that are not text", request("/w/bytes", new byte[] {0, -1, -128, 10}, 0), new CreateResponse());
        on.call("an ephemeral node", request("/w/ephemeral", bytes("e"), 1), new CreateResponse());
        on.call("a persistent sequential node", request("/w/job-", bytes("s"), 2), new CreateResponse());
        on.call("an ephemeral sequential node", request("/w/job-", null, 3), new CreateResponse());
        on.call("a sequential node without a name", request("/w/", null, 2), new CreateResponse());
        on.call("a path beyond ASCII", request("/w/caf\u00e9-\u65e5\u672c", bytes("\u20ac"), 0), new CreateResponse());
        List<ACL> two = Arrays.asList(new ACL(Perms.READ, new Id("world", "anyone")), locked().get(0));
        on.call("two ACL entries", new CreateRequest("/w/acl", bytes("a"), two, 0), new CreateResponse());
    }

    private void createRefused() throws Exception {
        On on = new On(subject, "create", OpCode.create);
        on.call("NODE_EXISTS", request("/w/c", bytes("v1"), 0), new CreateResponse());
        on.call("NO_NODE: the parent is missing", request("/w/none/c", null, 0), new CreateResponse());
        on.call("NO_CHILDREN_FOR_EPHEMERALS", request("/w/ephemeral/c", null, 0), new CreateResponse());
        on.call("NO_AUTH", request("/w/locked/c", null, 0), new CreateResponse());
        on.call("INVALID_ACL: an empty list", new CreateRequest("/w/x", null, Collections.emptyList(), 0),
            new CreateResponse());
        on.call("INVALID_ACL: a null list", new CreateRequest("/w/x", null, null, 0), new CreateResponse());
        on.call("INVALID_ACL: an unknown scheme", new CreateRequest("/w/x", null,
            Collections.singletonList(new ACL(Perms.ALL, new Id("nobody", "knows"))), 0), new CreateResponse());
        on.call("BAD_ARGUMENTS: a control character in the path", request("/w/\u0001", null, 0), new CreateResponse());
        on.call("NO_NODE: an empty segment, which is looked up before the path is checked", request("/w//x", null, 0),
            new CreateResponse());
        on.call("BAD_ARGUMENTS: unknown flags", request("/w/x", null, 99), new CreateResponse());
    }

    private void create2() throws Exception {
        On on = new On(subject, "create2", OpCode.create2);
        on.call("a persistent node", request("/w/c2", bytes("v1"), 0), new Create2Response());
        on.call("an ephemeral sequential node", request("/w/job-", bytes("abc"), 3), new Create2Response());
        on.call("NODE_EXISTS", request("/w/c2", null, 0), new Create2Response());
        on.call("NO_NODE", request("/w/none/c2", null, 0), new Create2Response());
        on.call("NO_AUTH", request("/w/locked/c2", null, 1), new Create2Response());
    }

    private void createContainer() throws Exception {
        On on = new On(subject, "createContainer", OpCode.createContainer);
        on.call("a container", request("/w/container", bytes("c"), 4), new Create2Response());
        on.call("NODE_EXISTS", request("/w/container", null, 4), new Create2Response());
        on.call("NO_NODE", request("/w/none/container", null, 4), new Create2Response());
    }

    private void createTtl() throws Exception {
        On on = new On(subject, "createTTL", OpCode.createTTL);
        on.call("a node", ttl("/w/ttl", bytes("t"), 5, 3_600_000), new Create2Response());
        on.call("a sequential node with the longest time to live", ttl("/w/ttl-", null, 6, (1L << 40) - 1),
            new Create2Response());
        on.call("NODE_EXISTS", ttl("/w/ttl", null, 5, 1_000), new Create2Response());
        on.call("BAD_ARGUMENTS: no time to live", ttl("/w/ttl0", null, 5, 0), new Create2Response());
        on.call("BAD_ARGUMENTS: too long a time to live", ttl("/w/ttl1", null, 5, 1L << 40), new Create2Response());
        Client plain = Client.connect(hosts.get("plain"));
        new On(plain, "createTTL", OpCode.createTTL).call("UNIMPLEMENTED: extendedTypesEnabled is off",
            ttl("/ttl", null, 5, 1_000), new Create2Response());
        plain.close();
    }

    private void delete() throws Exception {
        On on = new On(subject, "delete", OpCode.delete);
        on.call("any version", new DeleteRequest("/w/c", -1), null);
        on.call("the right version", new DeleteRequest("/w/empty", 0), null);
        on.call("NO_NODE", new DeleteRequest("/w/c", -1), null);
        on.call("BAD_VERSION", new DeleteRequest("/w/null", 7), null);
        on.call("NOT_EMPTY", new DeleteRequest("/w", -1), null);
        hands.create("/w/guarded", null, locked(), CreateMode.PERSISTENT);
        Client alice = Client.connect(hosts.get("direct"));
        alice.addAuthInfo("digest", bytes("alice:secret"));
        alice.create("/w/guarded/child", null, OPEN, CreateMode.PERSISTENT);
        alice.close();
        on.call("NO_AUTH", new DeleteRequest("/w/guarded/child", -1), null);
        on.call("BAD_ARGUMENTS: the root", new DeleteRequest("/", -1), null);
    }

    private void setData() throws Exception {
        make(hands, "/w/set", "v1");
        On on = new On(subject, "setData", OpCode.setData);
        on.call("any version", new SetDataRequest("/w/set", bytes("v2"), -1), new SetDataResponse());
        on.call("the right version", new SetDataRequest("/w/set", bytes("version 3"), 1), new SetDataResponse());
        on.call("null data", new SetDataRequest("/w/set", null, -1), new SetDataResponse());
        on.call("empty data", new SetDataRequest("/w/set", new byte[0], -1), new SetDataResponse());
        on.call("BAD_VERSION", new SetDataRequest("/w/set", bytes("v9"), 1), new SetDataResponse());
        on.call("NO_NODE", new SetDataRequest("/w/none", bytes("v"), -1), new SetDataResponse());
        on.call("NO_AUTH", new SetDataRequest("/w/locked", bytes("v"), -1), new SetDataResponse());
    }

    private void setAcl() throws Exception {
        make(hands, "/w/setacl", null);
        On on = new On(subject, "setACL", OpCode.setACL);
        on.call("any version", new SetACLRequest("/w/setacl", OPEN, -1), new SetACLResponse());
        on.call("the right version", new SetACLRequest("/w/setacl",
            Arrays.asList(OPEN.get(0), new ACL(Perms.READ | Perms.WRITE, new Id("ip", "127.0.0.1"))), 1), new SetACLResponse());
        on.call("BAD_VERSION", new SetACLRequest("/w/setacl", OPEN, 9), new SetACLResponse());
        on.call("NO_NODE", new SetACLRequest("/w/none", OPEN, -1), new SetACLResponse());
        on.call("INVALID_ACL", new SetACLRequest("/w/setacl", Collections.emptyList(), -1), new SetACLResponse());
        on.call("NO_AUTH", new SetACLRequest("/w/locked", OPEN, -1), new SetACLResponse());
    }

    private static CreateRequest request(String path, byte[] data, int flags) {
        return new CreateRequest(path, data, OPEN, flags);
    }

    private static CreateTTLRequest ttl(String path, byte[] data, int flags, long ttl) {
        return new CreateTTLRequest(path, data, OPEN, flags, ttl);
    }
}
