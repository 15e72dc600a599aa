"""The desk: the shell that a host opens on a database, and the only place where all parts meet."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from types import TracebackType
from typing import Unpack, cast, overload

import attrs

from ventanilla.adapters import deliveries, persons
from ventanilla.adapters.answers import Asked, Dials, ask, dialled, from_log, lacking, question
from ventanilla.adapters.deliveries import Delivered
from ventanilla.adapters.due import Dues
from ventanilla.adapters.due_table import Due, open_due_table
from ventanilla.adapters.handling import Handler, Outcome
from ventanilla.adapters.matters import timeline
from ventanilla.adapters.policies import Document
from ventanilla.adapters.publishing import draft, publishes, refuse_unsound, restatements
from ventanilla.adapters.store import Store, open_store
from ventanilla.adapters.store.personal import TextReading
from ventanilla.adapters.store.sqlite import SAFE_FOR_MANY_WRITERS
from ventanilla.adapters.store.url import is_server
from ventanilla.adapters.vault import Held, KeyRing, PutAside, Receipt, Vault, default_keys
from ventanilla.adapters.vault.receipts import carry_out, command_of, reapply, receipts
from ventanilla.adapters.views import facts, open_view, remake
from ventanilla.adapters.worker import Lag, never, work
from ventanilla.core.aggregate import Aggregate
from ventanilla.core.commands import Command, EraseAgent, EraseCustomer, PublishSetting, RestateSetting
from ventanilla.core.continuation import Contact, Matter
from ventanilla.core.errors import NotUnderstood, Refused, Unavailable
from ventanilla.core.events import IdentityKind, MessageReceived, ReplySent
from ventanilla.core.fields import utc
from ventanilla.core.public import PublicMessage
from ventanilla.core.recorded import Actor, Recorded
from ventanilla.core.rights import may_see_readings
from ventanilla.core.setting import Setting
from ventanilla.core.streams import CUSTOMER, is_ticket
from ventanilla.core.ticket import Ticket
from ventanilla.plugins.channel import Delivery
from ventanilla.plugins.host import Host
from ventanilla.plugins.logs import log
from ventanilla.projections import runner
from ventanilla.projections.answering import Failing, refuse
from ventanilla.projections.clock import Reading
from ventanilla.projections.clocks import Account, account
from ventanilla.projections.metric import Answer, Cut, Question
from ventanilla.projections.parked import Parked
from ventanilla.projections.tickets import TicketFacts


class Desk:
    """A customer-service desk on a database.

    Args:
        url: ``sqlite:///desk.db`` (relative), ``sqlite:////var/desk.db`` (absolute), ``sqlite:///:memory:``, or
            ``postgresql://user@host/database``, see :func:`~ventanilla.adapters.store.url.open_store`.
        create: Make the database if there is none.
        host: The plug-ins; ``None``: only our own metrics.
        keys: The key-encryption keys of the vault; ``None``: those of the environment variable ``VENTANILLA_KEYS``, or
            else of a file beside the database, made when first needed.
        clock: Gives the instant of recording, aware; tests give their own.

    Raises:
        NotUnderstood: The URL is of no known kind.
        Unavailable: There is no desk there, or it cannot be used.

    Example:
        >>> from datetime import UTC, datetime
        >>> from ventanilla import Actor, Desk
        >>> from ventanilla.core.commands import Open
        >>> with Desk("sqlite:///:memory:") as desk:
        ...     monday = datetime(2026, 1, 5, 9, tzinfo=UTC)
        ...     opened = Open(ticket="T-1", at=monday, actor=Actor("agent", "a7"), channel="phone")
        ...     outcome = desk.handle(opened)
        ...     desk.ask("backlog").value
        1
    """

    def __init__(
        self,
        url: str,
        *,
        create: bool = True,
        host: Host | None = None,
        keys: KeyRing | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._closed = False
        self.host = host or Host()
        self.now = clock
        self.store: Store
        self.store, path = open_store(url, create=create)
        if path and sqlite3.sqlite_version_info < SAFE_FOR_MANY_WRITERS:
            safe = ".".join(map(str, SAFE_FOR_MANY_WRITERS))
            log("store").warning("sqlite.one_writer_only", version=sqlite3.sqlite_version, several_from=safe)
        try:
            ring = keys or default_keys(path, server=is_server(url))
            self.vault = Vault(self.store.personal, ring, self.store.identity())
            self._handler = Handler(self.store, self.vault, self.host, clock)
            carry_out(self.store.personal)
            self._handler.purge()
            self.view = open_view(self.store)
        except BaseException:
            self.store.close()
            raise

    def handle(self, command: Command, *, key: str | None = None) -> Outcome:
        """Carry out *command* and return what came of it, once it is safely recorded.

        Somebody else writing to the same ticket at the same time is nothing to the caller: the ticket is loaded and
        the command decided again.

        Args:
            command: What is asked.
            key: An idempotency key: the same key gives the first outcome again and records nothing, also when the
                first answer was lost on its way, and whatever instant the command says by now. ``None``: the command
                itself is still idle when repeated.

        Raises:
            Refused: The rules forbid it, or its key made another command happen; nothing was recorded.
            Conflict: Others were faster, five times running; nothing was recorded.
            Unavailable: The store cannot be used; nothing was recorded.
            InDoubt: The connection was lost for good, and nobody knows whether it was recorded: ask with the same key.
            TypeError: It is no command; nothing was recorded.
            ValueError: Something in it has not the type it should have, or is no text; nothing was recorded.
        """
        if isinstance(command, PublishSetting | RestateSetting):
            refuse_unsound(command, self.dues)
        return self._handler.handle(command, key)

    def deliver(self, channel: str, delivery: Delivery) -> Delivered:
        """Take what a channel was sent and return what became of it; sent again, it gives the first outcome again.

        What the channel's plug-in cannot read, or what may not happen, is put aside: see :meth:`put_aside`.

        Raises:
            NotUnderstood: There is no such channel.
            PluginError: Its plug-in is not ready.
            Refused: It is too large, or not genuine: nothing of it was kept.
            Conflict, Unavailable: As for :meth:`handle`; deliver it again.
        """
        return deliveries.deliver(self, channel, delivery)  # pyright: ignore[reportArgumentType]  # its own file, by link

    def first_outcome(self, key: str) -> Outcome | None:
        """Return what the command with that idempotency key came to; ``None`` if there was none."""
        return self._handler.first_outcome(key)

    def publish(
        self,
        policy: str,
        *,
        actor: Actor,
        since: datetime | None = None,
        restates: str | None = None,
        report: Path | None = None,
        key: str | None = None,
    ) -> Outcome:
        """Publish the next version of a policy and return what was recorded.

        One that restates judges the past anew: the whole history is replayed under it first, and what that changes is
        recorded with it, see :class:`~ventanilla.core.events.SettingRestated`.

        Args:
            policy: The policy (TOML), see :mod:`ventanilla.projections.policy_text`; it says its own name.
            actor: Who publishes it: it takes the role ``admin``.
            since: From when on it counts. Default: as the policy says, or else from now on.
            restates: Why the past is to be judged anew, from *since* on. Default: as the policy says, or else not.
            report: A file for the whole report: every instance that comes out otherwise; ``None``: none is written.
            key: See :meth:`handle`.

        Raises:
            NotUnderstood: The policy makes no sense; the message says where.
            Refused: They may not, or another version was published meanwhile.
        """
        ready = draft(
            policy,
            store=self.store,
            dues=self.dues,
            setting=lambda stream: cast("Setting", self.aggregate(stream)),
            actor=actor,
            at=self.now(),
            since=since,
            restates=restates,
        )
        if report is not None and ready.report is not None:
            report.write_bytes(ready.report)
        if key is not None and (first := self.first_outcome(key)) and publishes(first.events, ready.command):
            return first  # with the number and the instant that it had then
        return self.handle(ready.command, key=key)

    def restatements(self) -> list[Recorded]:
        """Return the versions of policies that judged the past anew, each with its report, in the order of the log."""
        return restatements(self.dues)

    def ticket(self, ticket: str) -> Ticket:
        """Return *ticket* as the rules see it now; one never opened is ``"unborn"``."""
        found = self.aggregate(ticket)
        if not isinstance(found, Ticket):
            raise NotUnderstood(f"{ticket} is no ticket but a {type(found).__name__.lower()}: ask for the aggregate")
        return found

    def aggregate(self, stream: str) -> Aggregate:
        """Return what *stream* is about (a ticket, a customer, …) as the rules see it now."""
        return self._handler.load(stream)

    def timeline(self, ticket: str) -> list[Recorded]:
        """Return all that an agent should see of the matter, oldest first, on whatever channel it happened.

        That is the ticket's own history, that of the tickets that go on in it, and the messages of those that it was
        split from. Nothing is copied: undo the merge, and it is gone from here.
        """
        self.catch_up()
        return timeline(self.store, self.view, ticket)

    def continued(self, contact: Contact) -> str | None:
        """Return the ticket that *contact* continues; ``None``: it is a new matter.

        A plug-in may answer, else the rules of :mod:`ventanilla.core.continuation` do. Merged tickets are looked for
        where they go on.
        """
        self.catch_up()
        rows = self.view.rows_where("customer", contact.customer)
        matters = [
            Matter(ticket=row.ticket, status=row.status, category=row.category, last_at=row.last_at)
            for row in rows
            if row.merged_into is None
        ]
        return self.host.continued(contact, matters)

    def read(self, recorded: Recorded, *, actor: Actor) -> Mapping[str, str]:
        """Return the personal texts of an event by field; what was erased is left out.

        It is on record who read them: see :meth:`readings`.

        Args:
            recorded: The event, as :meth:`log` gives it.
            actor: Who wants to read.

        Raises:
            Refused: They may not.
            Unavailable: A text was changed or is lost, a key is not there, or the reading cannot be recorded.
        """
        return self.read_many([recorded], actor=actor)[0]

    def read_many(self, recorded: Sequence[Recorded], *, actor: Actor) -> list[dict[str, str]]:
        """Return the personal texts of each of *recorded*, as :meth:`read` does, in one go."""
        return persons.read(self.store, self.vault, recorded, actor, self.now())

    def readings(self, subject: str, *, actor: Actor) -> list[TextReading]:
        """Return who read what about a person, oldest first.

        Args:
            subject: The person's stream: ``"customer/c-1"``.
            actor: Who wants to know: it takes the role ``privacy``.

        Raises:
            Refused: They may not.
        """
        if not (decision := may_see_readings(actor)).allowed:
            raise Refused("readings.forbidden", decision.reason)
        return self.store.personal.readings(subject)

    def customer_of(self, *, kind: IdentityKind, address: str, provider: str | None = None) -> str | None:
        """Return the id of the customer to whom a verified address is linked; ``None`` if it is nobody's.

        A customer who was merged into another is found under the id that the address was linked to.

        Args:
            kind: Of which sort the address is.
            address: The address, however it is written.
            provider: Where it is one, as it was linked.
        """
        found = self.vault.customer_of(kind, address, provider)
        return found.removeprefix(CUSTOMER) if found else None

    def held(self, subject: str, *, actor: Actor) -> Held:
        """Return all that is held on a person: to be handed to them. It is on record who had it.

        What is held on the customers who were merged into them is theirs, too.

        Args:
            subject: The person's stream: ``"customer/c-1"``.
            actor: Who asks for it: themselves, or who has the role ``privacy``.

        Raises:
            Refused: They may not.
            Unavailable: As for :meth:`read`.
        """
        self.catch_up()
        subjects = persons.one_person(self.store, subject)
        names = [one.removeprefix(CUSTOMER) for one in subjects if one.startswith(CUSTOMER)]
        tickets = [row.ticket for name in names for row in self.view.rows_where("customer", name)]
        return persons.held(self.store, self.vault, subjects, tickets, actor, self.now())

    def erase(self, command: EraseCustomer | EraseAgent, *, key: str | None = None) -> Receipt:
        """Erase a person and return the receipt; of somebody who was erased before, the same one again.

        The customers who were merged into them are not erased with them: the receipt names them, and each is erased
        by a command of its own.

        Raises:
            Refused: They are under a legal hold, or the actor may not.
            TypeError: The command erases nobody; nothing was recorded.
        """
        if not isinstance(command, EraseCustomer | EraseAgent):
            raise TypeError(f"a {type(command).__name__} erases nobody: give EraseCustomer or EraseAgent")
        outcome = self.handle(command, key=key)
        (receipt,) = receipts(self.store.personal, self.store.identity(), command.stream)
        merged = persons.one_person(self.store, command.stream)[1:]
        return attrs.evolve(receipt, repeated=outcome.repeated or not outcome.events, merged=tuple(merged))

    def erasures(self) -> list[Receipt]:
        """Return the receipts of all erasures, oldest first: the register to keep apart from the backups."""
        return receipts(self.store.personal, self.store.identity())

    def reapply(self, register: Iterable[Receipt], *, actor: Actor) -> list[Receipt]:
        """Carry out the erasures of *register* that this log, restored from an older copy, knows nothing of.

        Args:
            register: What :meth:`erasures` gave later than the copy was made.
            actor: Who asks for it: it takes the role ``privacy``.

        Returns:
            All their receipts; those that had to be carried out again are not ``repeated``.

        Raises:
            NotUnderstood: The register is of another log; nothing was done.
            Refused: Some are under a legal hold; the others were erased.
        """
        return reapply(register, self.store.identity(), lambda receipt: self.erase(command_of(receipt, actor)))

    def transcript(self, ticket: str) -> list[PublicMessage]:
        """Return what was said between the customer and the desk, oldest first; never a note."""
        events = (recorded.event for recorded in self.timeline(ticket))
        return [PublicMessage(event) for event in events if isinstance(event, MessageReceived | ReplySent)]

    def log(self, stream: str) -> Sequence[Recorded]:
        """Return the history of *stream* by version; empty if there is none."""
        return self.store.load(stream)

    def explain(self, ticket: str, *, as_of: datetime | None = None) -> Account | None:
        """Return the account of *ticket*'s clock at *as_of* (default: now); ``None`` if it was not opened by then.

        Raises:
            NotUnderstood: It is no ticket.
            ValueError: The instant has no time zone.
        """
        if not is_ticket(ticket):
            raise NotUnderstood(f"{ticket} is no ticket and has no clock: read its log")
        return account(self.store.load(ticket), self._moment(as_of))

    @cached_property
    def dues(self) -> Dues:
        """The clocks, their settings, and what is due; its table lies beside the log from the first use on."""
        return Dues(self.store, open_due_table(self.store), self.host.clocks)

    def clocks(
        self, ticket: str, *, as_of: datetime | None = None, known_at: datetime | None = None
    ) -> tuple[Reading, ...]:
        """Return what the clocks of *ticket* showed, in the order in which they started; none before it was opened.

        Args:
            ticket: The ticket.
            as_of: The instant at which to look: what happened later is left out. Default: now.
            known_at: What was recorded later is left out, of tickets and of settings. Default: nothing is.

        Raises:
            NotUnderstood: It is no ticket.
            ValueError: An instant has no time zone.
        """
        if not is_ticket(ticket):
            raise NotUnderstood(f"{ticket} is no ticket and has no clock")
        return self.dues.read(ticket, self._moment(as_of), None if known_at is None else utc(known_at))

    def due(self, now: datetime | None = None, *, lease: float = 60) -> list[Due]:
        """Return what has come due and is not acknowledged, by time: each (clock, instance, kind, level).

        What is returned is on loan: for so many seconds nobody else gets it, and then it is handed out again, unless it
        was acknowledged, by :meth:`acknowledge` or by a command on its ticket that was handled with its ``key``. So
        nothing is lost with a process that dies, and what is acknowledged never comes again.

        A host's scheduler calls it as often as it likes; what it costs depends on what is due, not on how many tickets
        are open. What imported history had due before it was imported is passed over.

        Args:
            now: The instant of looking, and from when on the loan counts. Default: now.
            lease: How long it is on loan, in seconds: longer than it takes to act.

        Raises:
            NotUnderstood: The lease is shorter than a second, or ends beyond the calendar.
            ValueError: The instant has no time zone.
        """
        return self.dues.due(self._moment(now), lease)

    def acknowledge(self, dues: Iterable[Due]) -> None:
        """Keep that *dues* are seen to: they are never handed out again. Again, it is idle.

        Raises:
            TypeError: One of them is none.
        """
        self._refuse_closed()
        self.dues.acknowledge(dues, self.now())

    @overload
    def ask(self, metric: str, *, by: None = None, **asked: Unpack[Asked]) -> Answer: ...

    @overload
    def ask(self, metric: str, *, by: str, **asked: Unpack[Asked]) -> Cut: ...

    def ask(self, metric: str, *, by: str | None = None, **asked: Unpack[Asked]) -> Answer | Cut:
        """Answer one question; cut by a dimension, a mapping from its values to answers.

        Args:
            metric: The metric's name.
            by: A dimension (``"team"``), a fact of the tickets, or a period (``"month"``).
            **asked: See :class:`~ventanilla.adapters.answers.Asked`.

        Raises:
            NotUnderstood: There is no such metric or dimension.
            PluginError: A plug-in's fold failed.
        """
        (cut,) = self.answer([question(self.host.metric(metric), by, asked)], **dialled(asked))
        return cut[None] if by is None else cut

    def answer(
        self,
        questions: Sequence[Question],
        *,
        as_of: datetime | None = None,
        known_at: datetime | None = None,
        policy: Document | None = None,
        replayed: bool = False,
        until: int | None = None,
        failing: Failing = refuse,
    ) -> list[Cut]:
        """Answer many *questions*, as :meth:`ask` would each; a fact table is read once for all that ask it.

        Args:
            questions: What is asked.
            as_of: See :class:`~ventanilla.adapters.answers.Asked`.
            known_at: See there.
            policy: See there.
            replayed: Trust no view: fold everything anew from the log.
            until: The last position of the log to look at, which no view can tell. Default: its end.
            failing: Told of a question whose plug-in fails; its cut is empty then, and the others are answered.
                Default: the first such error is raised, and nothing is answered.

        Raises:
            NotUnderstood: As for :meth:`ask`.
            PluginError: As for :meth:`ask`, where nobody is told of it otherwise.
        """
        for asked in questions:
            self.host.table(asked.metric.table)  # or say why it is not there
        if replayed or until is not None:
            dials = from_log(self.store, self.host, as_of=as_of, known_at=known_at, policy=policy, until=until)
        else:
            dials = Dials(
                as_of=as_of or self.last_at(),
                known_at=known_at,
                keeper=partial(self.dues.keeper_by, policy, known_at),
                policy=policy.policy.name if policy else None,
                view=self.view,
                lacking=lacking(self.store, self.host.found),
            )
        return ask(self.store, self.host, questions, dials, failing)

    def facts(self, *, as_of: datetime | None = None) -> Iterator[TicketFacts]:
        """Return the fact table as it stood at *as_of* (default: now), by ticket.

        The newest is read from the view; a look back is replayed from the log. A ticket that is parked stands as it
        did before the event that parked it, see :meth:`parked`.

        Raises:
            ValueError: The instant has no time zone.
        """
        return facts(self.store, self.view, None if as_of is None else utc(as_of), [])

    def last_at(self) -> datetime:
        """Return the newest instant that the log speaks of; now, for an empty one."""
        self.catch_up()
        return self.view.last_at() or self.now()

    def _refuse_closed(self) -> None:
        if self._closed:
            raise Unavailable(f"{self.store.database.where}: this desk is closed")
        self.store.database.refuse_child()

    def _moment(self, at: datetime | None) -> datetime:
        """Return the instant at which to look: *at*, or now."""
        return self.now() if at is None else utc(at)

    def put_aside(self) -> list[PutAside]:
        """Return the rows in quarantine, by source and line."""
        return self.vault.open_rows(self.store.aside())

    def catch_up(self, progress: Callable[[int], None] = lambda _: None) -> int:
        """Fold into the view what the log has and it has not; return the position reached."""
        return runner.catch_up(self.store, self.view, progress)

    def rebuild(self, progress: Callable[[int], None] = lambda _: None) -> int:
        """Fold the whole log anew, parked tickets too, and return the position reached.

        That is done beside the view, which answers meanwhile, and is then put in its place. Stopped half-way, it can
        be begun anew at any time.
        """
        remake(self.store, self.view, progress)
        return self.view.position()

    def parked(self) -> list[Parked]:
        """Return the tickets with an event that could not be read or folded, by its position.

        Their rows stand as they did before it, and every answer says so in ``incomplete``.
        """
        return self.view.parked()

    def retry_parked(self) -> int:
        """Try what is parked again, after an upgrade say, and return how many tickets are parked no longer."""
        return runner.retry(self.store, self.view)

    def lag(self) -> Lag:
        """Return how far the view is behind the log, as it stands: nothing is folded for it."""
        events, oldest = self.store.behind(self.view.position())
        seconds = max((self.now() - oldest).total_seconds(), 0.0) if oldest else 0.0
        return Lag(events=events, seconds=seconds, parked=len(self.view.parked()))

    def work(self, until: Callable[[], bool] = never) -> None:
        """Keep the view up with the log, until *until* says that it is enough.

        Any number of processes may do it: on a server one leads and the others stand by, and whoever is next takes
        over when the leader is gone. A database that cannot be used for a while is waited for.

        Args:
            until: Asked between pages, and at least once a second.
        """
        self._refuse_closed()
        work(self.store, self.view, self.now, until)

    def belong(self) -> None:
        """Go by the log that is in the store now: another one was taken into it."""
        self.vault.belong_to(self.store.identity())
        self.view.belong_to(self.store.identity(), self.store.head)
        if "dues" in self.__dict__:
            self.dues.table.belong_to(self.store.identity(), self.store.head)

    def close(self) -> None:
        """Let go of the database; again, it is idle."""
        if self._closed:
            return
        self._closed = True
        with ExitStack() as parts:  # in the reverse order, each whatever becomes of the others
            parts.callback(self.store.close)
            if "dues" in self.__dict__:
                parts.callback(self.dues.table.close)
            parts.callback(self.view.close)
            parts.callback(self._handler.purge)

    def __enter__(self) -> Desk:
        self._refuse_closed()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
