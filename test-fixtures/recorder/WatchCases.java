import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs.OpCode;
import org.apache.zookeeper.proto.AddWatchRequest;
import org.apache.zookeeper.proto.CheckWatchesRequest;
import org.apache.zookeeper.proto.ErrorResponse;
import org.apache.zookeeper.proto.GetChildrenRequest;
import org.apache.zookeeper.proto.GetChildrenResponse;
import org.apache.zookeeper.proto.GetDataRequest;
import org.apache.zookeeper.proto.GetDataResponse;
import org.apache.zookeeper.proto.RemoveWatchesRequest;
import org.apache.zookeeper.proto.SetWatches;
import org.apache.zookeeper.proto.SetWatches2;

/** The operations on watches, and the events. */
final class WatchCases extends Cases {
    private Client subject;
    private Client hands;

    WatchCases(Tap tap, Map<String, String> hosts) {
        super(tap, hosts);
    }

    @Override
    void run() throws Exception {
        hands = Client.connect(hosts.get("direct"));
        make(hands, "/e", "events");
        make(hands, "/e/ops", null);
        subject = Client.connect(hosts.get("main"));
        addWatch();
        checkAndRemove();
        setWatches();
        subject.close();
        subject = Client.connect(hosts.get("main"));
        oneShotEvents();
        persistentEvents();
        reconnect();
        subject.close();
        hands.close();
    }

    private void addWatch() throws Exception {
        On on = new On(subject, "addWatch", OpCode.addWatch);
        on.call("persistent", new AddWatchRequest("/e/ops", 0), new ErrorResponse());
        on.call("persistent and recursive", new AddWatchRequest("/e/rec", 1), new ErrorResponse());
        on.call("MARSHALLING_ERROR: an unknown mode", new AddWatchRequest("/e/ops", 9), new ErrorResponse());
    }

    private void checkAndRemove() throws Exception {
        subject.submit(OpCode.getData, new GetDataRequest("/e", true), new GetDataResponse());
        subject.submit(OpCode.getChildren, new GetChildrenRequest("/e", true), new GetChildrenResponse());
        On check = new On(subject, "checkWatches", OpCode.checkWatches);
        check.call("a child watch is there", new CheckWatchesRequest("/e", 1), null);
        check.call("a data watch is there", new CheckWatchesRequest("/e", 2), null);
        check.call("any watch is there", new CheckWatchesRequest("/e", 3), null);
        check.call("NO_WATCHER", new CheckWatchesRequest("/e/none", 2), null);
        On remove = new On(subject, "removeWatches", OpCode.removeWatches);
        remove.call("a child watch", new RemoveWatchesRequest("/e", 1), null);
        remove.call("NO_WATCHER: no child watch any more", new RemoveWatchesRequest("/e", 1), null);
        remove.call("a data watch", new RemoveWatchesRequest("/e", 2), null);
        remove.call("any watch", new RemoveWatchesRequest("/e/ops", 3), null);
        remove.call("NO_WATCHER", new RemoveWatchesRequest("/e/ops", 3), null);
    }

    private void setWatches() throws Exception {
        List<String> none = Collections.emptyList();
        long now = subject.lastZxid();
        On one = new On(subject, "setWatches", OpCode.setWatches);
        one.call("every kind", new SetWatches(now, Arrays.asList("/e", "/e/ops"), Arrays.asList("/e/none"),
            Arrays.asList("/e")), null);
        one.call("none", new SetWatches(now, none, none, none), null);
        On two = new On(subject, "setWatches2", OpCode.setWatches2);
        two.call("every kind", new SetWatches2(now, Arrays.asList("/e"), Arrays.asList("/e/none"),
            Arrays.asList("/e"), Arrays.asList("/e/persistent"), Arrays.asList("/e/rec", "/e/rec2")), null);
        two.call("none", new SetWatches2(now, none, none, none, none, none), null);
    }

    private void oneShotEvents() throws Exception {
        subject.exists("/e/x", subject.inbox);
        tap.events("created: the watch of an exists without a node", () -> {
            make(hands, "/e/x", "1");
            return subject.events(1);
        });
        subject.getData("/e/x", subject.inbox, null);
        tap.events("changed: the watch of a getData", () -> {
            hands.setData("/e/x", bytes("2"), -1);
            return subject.events(1);
        });
        subject.getChildren("/e/x", subject.inbox);
        tap.events("children: the watch of a getChildren", () -> {
            make(hands, "/e/x/caf\u00e9", null);
            return subject.events(1);
        });
        hands.delete("/e/x/caf\u00e9", -1);
        subject.getData("/e/x", subject.inbox, null);
        subject.getChildren("/e/x", subject.inbox);
        tap.events("deleted: once, though data and children are watched", () -> {
            hands.delete("/e/x", -1);
            return subject.events(1);
        });
        make(hands, "/e/\u65e5\u672c", null);
        subject.exists("/e/\u65e5\u672c", subject.inbox);
        tap.events("deleted: a path beyond ASCII", () -> {
            hands.delete("/e/\u65e5\u672c", -1);
            return subject.events(1);
        });
    }

    private void persistentEvents() throws Exception {
        subject.addWatch("/e/p", subject.inbox, AddWatchMode.PERSISTENT);
        tap.events("a persistent watch sees every kind of change", () -> {
            make(hands, "/e/p", null);
            hands.setData("/e/p", bytes("1"), -1);
            make(hands, "/e/p/child", null);
            hands.delete("/e/p/child", -1);
            hands.delete("/e/p", -1);
            return subject.events(5);
        });
        subject.addWatch("/e/r", subject.inbox, AddWatchMode.PERSISTENT_RECURSIVE);
        tap.events("a recursive watch sees the whole subtree", () -> {
            make(hands, "/e/r", null);
            make(hands, "/e/r/a", null);
            make(hands, "/e/r/a/b", null);
            hands.setData("/e/r/a/b", bytes("1"), -1);
            hands.delete("/e/r/a/b", -1);
            return subject.events(5);
        });
        tap.events("a transaction: several events at once", () -> {
            hands.multi(Arrays.asList(
                Op.create("/e/p", null, OPEN, CreateMode.PERSISTENT),
                Op.setData("/e/r/a", bytes("2"), -1),
                Op.delete("/e/r/a", -1)));
            return subject.events(3);
        });
    }

    /** Apache's client sends setWatches by itself; changes that it missed come back as events. */
    private void reconnect() throws Exception {
        subject.close();
        subject = Client.connect(hosts.get("main"));
        for (String name : Arrays.asList("changed", "gone", "children", "childless", "same")) {
            make(hands, "/e/" + name, null);
        }
        subject.getData("/e/changed", subject.inbox, null);
        subject.getData("/e/gone", subject.inbox, null);
        subject.getData("/e/same", subject.inbox, null);
        subject.exists("/e/appears", subject.inbox);
        subject.getChildren("/e/children", subject.inbox);
        subject.getChildren("/e/childless", subject.inbox);
        tap.observe("setWatches", OpCode.setWatches, "sent by Apache's client on reconnect", null, () -> {
            outage(() -> null);
            return Json.object("err", 0, "response", null);
        });
        tap.events("missed changes are made up for after a reconnect", () -> {
            outage(() -> {
                hands.setData("/e/changed", bytes("1"), -1);
                hands.delete("/e/gone", -1);
                make(hands, "/e/appears", null);
                make(hands, "/e/children/child", null);
                hands.delete("/e/childless", -1);
                return null;
            });
            return subject.events(5);
        });
        subject.addWatch("/e/persistent", subject.inbox, AddWatchMode.PERSISTENT);
        subject.addWatch("/e/recursive", subject.inbox, AddWatchMode.PERSISTENT_RECURSIVE);
        tap.observe("setWatches2", OpCode.setWatches2, "sent by Apache's client on reconnect", null, () -> {
            outage(() -> null);
            return Json.object("err", 0, "response", null);
        });
    }

    private void outage(Tap.Action meanwhile) throws Exception {
        tap.ask("do", "cut");
        subject.await(KeeperState.Disconnected);
        meanwhile.run();
        tap.ask("do", "mend");
        subject.await(KeeperState.SyncConnected);
        subject.exists("/e", false);
    }
}
