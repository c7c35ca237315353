import java.util.Arrays;
import java.util.Map;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.MultiOperationRecord;
import org.apache.zookeeper.MultiResponse;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.ZooDefs.OpCode;
import org.apache.zookeeper.proto.CheckVersionRequest;
import org.apache.zookeeper.proto.CreateRequest;
import org.apache.zookeeper.proto.GetDataRequest;

/** Transactions and bundled reads. */
final class MultiCases extends Cases {
    private On multi;
    private On multiRead;

    MultiCases(Tap tap, Map<String, String> hosts) {
        super(tap, hosts);
    }

    @Override
    void run() throws Exception {
        Client subject = Client.connect(hosts.get("main"));
        Client hands = Client.connect(hosts.get("direct"));
        make(hands, "/m", "multi");
        make(hands, "/m/set", "v1");
        make(hands, "/m/gone", null);
        make(hands, "/m/null", null);
        hands.create("/m/locked", bytes("locked"), locked(), CreateMode.PERSISTENT);
        multi = new On(subject, "multi", OpCode.multi);
        multiRead = new On(subject, "multiRead", OpCode.multiRead);
        committed();
        rolledBack();
        reads();
        subject.close();
        hands.close();
        mixedKinds();
    }

    private void write(String name, Op... ops) throws Exception {
        multi.call(name, new MultiOperationRecord(Arrays.asList(ops)), new MultiResponse());
    }

    private void read(String name, Op... ops) throws Exception {
        multiRead.call(name, new MultiOperationRecord(Arrays.asList(ops)), new MultiResponse());
    }

    private void committed() throws Exception {
        write("every kind of operation",
            Op.check("/m", 0),
            Op.create("/m/a", bytes("a"), OPEN, CreateMode.PERSISTENT),
            Op.create("/m/seq-", null, OPEN, CreateMode.EPHEMERAL_SEQUENTIAL),
            Op.create("/m/container", new byte[0], OPEN, CreateMode.CONTAINER),
            Op.create("/m/ttl", bytes("t"), OPEN, CreateMode.PERSISTENT_WITH_TTL, 3_600_000),
            Op.setData("/m/set", bytes("v2"), 0),
            Op.delete("/m/gone", -1));
        Ops create2 = new Ops()
            .add(OpCode.create2, new CreateRequest("/m/create2", bytes("2"), OPEN, 0))
            .add(OpCode.check, new CheckVersionRequest("/m/create2", 0));
        multi.call("create2", create2, new MultiResponse());
        write("one operation", Op.setData("/m/set", null, -1));
        write("nothing");
    }

    private void rolledBack() throws Exception {
        write("the first operation fails: NO_NODE", Op.check("/m/none", -1), Op.setData("/m/set", bytes("x"), -1));
        write("one in the middle fails: BAD_VERSION",
            Op.create("/m/b", null, OPEN, CreateMode.PERSISTENT),
            Op.check("/m/set", 99),
            Op.delete("/m/a", -1),
            Op.setData("/m/set", bytes("x"), -1));
        write("the last operation fails: NODE_EXISTS",
            Op.setData("/m/set", bytes("x"), -1), Op.create("/m/a", null, OPEN, CreateMode.PERSISTENT));
        write("NO_AUTH", Op.setData("/m/locked", bytes("x"), -1));
        write("NOT_EMPTY", Op.delete("/m", -1), Op.check("/m", -1));
    }

    private void reads() throws Exception {
        read("both kinds of read", Op.getData("/m/a"), Op.getChildren("/m"), Op.getData("/m/null"), Op.getChildren("/m/a"));
        read("some fail, and the others do not",
            Op.getData("/m/none"), Op.getData("/m/a"), Op.getChildren("/m/none"), Op.getData("/m/locked"),
            Op.getChildren("/m/a"));
        read("one fails", Op.getChildren("/m/locked"));
        read("nothing");
    }

    private void mixedKinds() throws Exception {
        Client subject = Client.connect(hosts.get("main"));
        Ops mixed = new Ops()
            .add(OpCode.create, new CreateRequest("/m/mixed", null, OPEN, 0))
            .add(OpCode.getData, new GetDataRequest("/m/a", false));
        new On(subject, "multi", OpCode.multi).call("MARSHALLING_ERROR: a read among writes", mixed, new MultiResponse());
        subject.abandon();
    }
}
