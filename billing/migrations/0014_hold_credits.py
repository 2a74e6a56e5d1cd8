"""Credits move by entries alone: the database adds up, and refuses what does not."""

from django.db import migrations

GUARDS = """
CREATE FUNCTION billing_refuse_without_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% changes by credit entries alone', TG_TABLE_NAME
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_TABLE_NAME || '_moves_by_entries_alone';
END $$;
CREATE TRIGGER creditaccount_begins_at_zero BEFORE INSERT ON billing_creditaccount
    FOR EACH ROW WHEN (NEW.balance <> 0) EXECUTE FUNCTION billing_refuse_without_entry();
CREATE TRIGGER creditaccount_moves_by_entries BEFORE UPDATE OR DELETE ON billing_creditaccount
    FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION billing_refuse_without_entry();
CREATE TRIGGER creditlot_begins_at_zero BEFORE INSERT ON billing_creditlot
    FOR EACH ROW WHEN (NEW.remainder <> 0) EXECUTE FUNCTION billing_refuse_without_entry();
CREATE TRIGGER creditlot_moves_by_entries BEFORE UPDATE OR DELETE ON billing_creditlot
    FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION billing_refuse_without_entry();
CREATE TRIGGER creditentrylot_follows_entry BEFORE INSERT ON billing_creditentrylot
    FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION billing_refuse_without_entry();
CREATE TRIGGER creditentry_only_grows BEFORE UPDATE OR DELETE ON billing_creditentry
    FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_change();
CREATE TRIGGER creditentrylot_only_grows BEFORE UPDATE OR DELETE ON billing_creditentrylot
    FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_change();
"""

ENTRIES = """
CREATE FUNCTION billing_credit_apply_entries() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    bad record;
    wanted bigint;
    reached bigint;
BEGIN
    SELECT w.id INTO bad FROM written w
        WHERE cardinality(w.lot_ids) = 0 OR cardinality(w.lot_ids) <> cardinality(w.lot_amounts)
           OR w.amount IS DISTINCT FROM (SELECT sum(a) FROM unnest(w.lot_amounts) a) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'credit entry % is not the sum of its lots', bad.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credit_entry_is_the_sum_of_its_lots';
    END IF;
    INSERT INTO billing_creditentrylot (entry_id, lot_id, amount)
        SELECT w.id, p.lot, p.amount FROM written w, unnest(w.lot_ids, w.lot_amounts) p(lot, amount);
    SELECT count(DISTINCT p.lot) INTO wanted FROM written w, unnest(w.lot_ids) p(lot);
    UPDATE billing_creditlot l SET remainder = l.remainder + d.amount,
            expires_at = coalesce(d.expires_at, l.expires_at)
        FROM (
            SELECT p.lot, w.account_id, sum(p.amount) AS amount,
                max(w.expires_at) FILTER (WHERE w.movement = 'move_expiry') AS expires_at
            FROM written w, unnest(w.lot_ids, w.lot_amounts) p(lot, amount) GROUP BY 1, 2
        ) d
        WHERE l.id = d.lot AND l.account_id = d.account_id;
    GET DIAGNOSTICS reached = ROW_COUNT;
    IF reached <> wanted THEN
        RAISE EXCEPTION 'a credit entry names a lot of another account'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credit_entry_touches_lots_of_its_account';
    END IF;
    UPDATE billing_creditaccount a SET balance = a.balance + d.amount
        FROM (SELECT account_id, sum(amount) AS amount FROM written GROUP BY 1) d WHERE a.id = d.account_id;
    SELECT r.id, r.told, r.is INTO bad FROM (
        SELECT w.id, w.balance_after AS told, a.balance + w.amount
            - sum(w.amount) OVER (PARTITION BY w.account_id ORDER BY w.id DESC) AS is
        FROM written w JOIN billing_creditaccount a ON a.id = w.account_id
    ) r WHERE r.told <> r.is LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'credit entry % says % is left, it is %', bad.id, bad.told, bad.is
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credit_entry_tells_the_balance';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER creditentry_moves_lots AFTER INSERT ON billing_creditentry
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION billing_credit_apply_entries();
"""

WRITE = """
CREATE FUNCTION billing_credit_write(
    of_account bigint, moved text, moves bigint, leaves bigint, moved_at timestamptz,
    of_lots bigint[], by_lots bigint[], told jsonb
) RETURNS bigint LANGUAGE sql AS $$
    INSERT INTO billing_creditentry (account_id, movement, amount, balance_after, at, lot_ids, lot_amounts,
        key, digest, reason, actor_kind, actor_ref, actor_name, request_id, subject_kind, subject_id, cause,
        shortfall)
    VALUES (of_account, moved, moves, leaves, moved_at, of_lots, by_lots,
        told->>'key', coalesce(told->>'digest', ''), coalesce(told->>'reason', ''), told->>'actor_kind',
        told->>'actor_ref', coalesce(told->>'actor_name', ''), coalesce(told->>'request_id', ''),
        coalesce(told->>'subject_kind', ''), (told->>'subject_id')::bigint, coalesce(told->>'cause', ''), 0)
    RETURNING id
$$;

CREATE FUNCTION billing_credit_account(
    of_customer bigint, of_unit text, of_currency text, opened_at timestamptz,
    OUT account bigint, OUT holds bigint
) LANGUAGE plpgsql AS $$
BEGIN
    SELECT id, balance INTO account, holds FROM billing_creditaccount
        WHERE customer_id = of_customer AND unit = of_unit AND currency = of_currency FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        INSERT INTO billing_creditaccount (customer_id, unit, currency, balance, created_at)
            VALUES (of_customer, of_unit, of_currency, 0, opened_at) ON CONFLICT DO NOTHING;
        SELECT id, balance INTO account, holds FROM billing_creditaccount
            WHERE customer_id = of_customer AND unit = of_unit AND currency = of_currency FOR NO KEY UPDATE;
    END IF;
END $$;
"""

BURN = """
CREATE FUNCTION billing_credit_burn(
    of_customer bigint, of_unit text, of_currency text, wanted bigint, burnt_at timestamptz, told jsonb,
    even_sold boolean,
    OUT outcome text, OUT entry bigint, OUT account bigint, OUT leaves bigint, OUT available bigint,
    OUT lots bigint[], OUT amounts bigint[]
) LANGUAGE plpgsql AS $$
DECLARE
    before record;
    holds bigint;
    taken bigint;
    sold boolean;
BEGIN
    available := 0;
    SELECT id, balance INTO account, holds FROM billing_creditaccount
        WHERE customer_id = of_customer AND unit = of_unit AND currency = of_currency FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        outcome := 'no_account';
        RETURN;
    END IF;
    SELECT e.id, e.digest, e.balance_after, e.lot_ids, e.lot_amounts, e.account_id INTO before
        FROM billing_creditentry e WHERE e.key = told->>'key';
    IF FOUND THEN
        outcome := CASE WHEN before.digest = told->>'digest' THEN 'repeated' ELSE 'other_content' END;
        entry := before.id; leaves := before.balance_after; lots := before.lot_ids; amounts := before.lot_amounts;
        RETURN;
    END IF;
    SELECT coalesce(max(total), 0), coalesce(sum(take), 0), bool_or(is_sold) FILTER (WHERE take > 0),
            array_agg(id ORDER BY place) FILTER (WHERE take > 0),
            array_agg(-take ORDER BY place) FILTER (WHERE take > 0)
        INTO available, taken, sold, lots, amounts
        FROM (
            SELECT id, sold_minor IS NOT NULL AS is_sold, row_number() OVER w AS place,
                sum(remainder) OVER () AS total,
                least(remainder, greatest(0, wanted - (sum(remainder) OVER w - remainder))) AS take
            FROM billing_creditlot
            WHERE account_id = account AND is_open AND remainder > 0
              AND (expires_at IS NULL OR expires_at > burnt_at)
            WINDOW w AS (ORDER BY priority, expires_at NULLS LAST, paid_for, granted_at, id)
        ) planned;
    IF taken < wanted THEN
        outcome := 'short'; lots := NULL; amounts := NULL;
        RETURN;
    END IF;
    IF sold AND NOT even_sold THEN
        outcome := 'sold'; lots := NULL; amounts := NULL;
        RETURN;
    END IF;
    leaves := holds - wanted;
    entry := billing_credit_write(account, 'burn', -wanted, leaves, burnt_at, lots, amounts, told);
    outcome := 'done';
    available := available - wanted;
END $$;
"""

GRANT = """
CREATE FUNCTION billing_credit_grant(
    of_customer bigint, of_unit text, of_currency text, granted bigint, given_at timestamptz,
    as_lot jsonb, told jsonb,
    OUT outcome text, OUT entry bigint, OUT account bigint, OUT leaves bigint, OUT lots bigint[],
    OUT amounts bigint[], OUT lot bigint
) LANGUAGE plpgsql AS $$
DECLARE
    before record;
    owed record;
    pays bigint := 0;
BEGIN
    SELECT a.account, a.holds INTO account, leaves
        FROM billing_credit_account(of_customer, of_unit, of_currency, given_at) a;
    SELECT e.id, e.digest, e.balance_after, e.lot_ids, e.lot_amounts INTO before
        FROM billing_creditentry e WHERE e.key = told->>'key';
    IF FOUND THEN
        outcome := CASE WHEN before.digest = told->>'digest' THEN 'repeated' ELSE 'other_content' END;
        entry := before.id; leaves := before.balance_after; lots := before.lot_ids; amounts := before.lot_amounts;
        lot := lots[cardinality(lots)];
        RETURN;
    END IF;
    INSERT INTO billing_creditlot (account_id, source, amount, remainder, priority, granted_at, expires_at,
            paid_for, sold_minor, sold_currency, subscription_id, grant_period, kind, cause, came_from_id)
        VALUES (account, as_lot->>'source', granted, 0, coalesce((as_lot->>'priority')::smallint, 100),
            coalesce((as_lot->>'granted_at')::timestamptz, given_at), (as_lot->>'expires_at')::timestamptz,
            coalesce((as_lot->>'paid_for')::boolean, false), (as_lot->>'sold_minor')::bigint,
            coalesce(as_lot->>'sold_currency', ''), (as_lot->>'subscription_id')::bigint,
            (as_lot->>'grant_period')::date, coalesce(as_lot->>'kind', ''), coalesce(as_lot->>'cause', ''),
            (as_lot->>'came_from_id')::bigint)
        ON CONFLICT DO NOTHING RETURNING id INTO lot;
    IF lot IS NULL THEN
        outcome := 'granted_before';
        RETURN;
    END IF;
    SELECT id, -remainder AS minor INTO owed FROM billing_creditlot
        WHERE account_id = account AND is_open AND source = 'debt';
    leaves := leaves + granted;
    IF FOUND THEN
        pays := least(owed.minor, granted);
        lots := ARRAY[owed.id, lot]; amounts := ARRAY[pays, granted - pays];
    ELSE
        lots := ARRAY[lot]; amounts := ARRAY[granted];
    END IF;
    entry := billing_credit_write(account, coalesce(told->>'movement', 'grant'), granted, leaves, given_at,
        lots, amounts, told);
    outcome := 'done';
END $$;

CREATE FUNCTION billing_credit_grant_many(
    of_unit text, from_source text, of_priority int, given_at timestamptz, told jsonb,
    customers bigint[], granted bigint[], subscriptions bigint[], periods date[], kinds text[], causes text[],
    expiries timestamptz[],
    OUT written bigint
) LANGUAGE plpgsql AS $$
DECLARE
    one record;
    more bigint;
BEGIN
    written := 0;
    INSERT INTO billing_creditaccount (customer_id, unit, currency, balance, created_at)
        SELECT c, of_unit, '', 0, given_at FROM (SELECT DISTINCT unnest(customers) AS c) each
        WHERE NOT EXISTS (SELECT 1 FROM billing_creditaccount a
            WHERE a.customer_id = c AND a.unit = of_unit AND a.currency = '')
        ORDER BY c ON CONFLICT DO NOTHING;
    PERFORM 1 FROM billing_creditaccount WHERE customer_id = ANY(customers) AND unit = of_unit
        ORDER BY customer_id FOR NO KEY UPDATE;
    -- Who owes pays that first, one after the other: they are few.
    FOR one IN
        SELECT g.* FROM unnest(customers, granted, subscriptions, periods, kinds, causes, expiries)
                g(customer, amount, subscription, period, kind, cause, expiry)
            JOIN billing_creditaccount a ON a.customer_id = g.customer AND a.unit = of_unit
            JOIN billing_creditlot l ON l.account_id = a.id AND l.is_open AND l.source = 'debt'
            ORDER BY g.customer
    LOOP
        SELECT written + (outcome = 'done')::int INTO written FROM billing_credit_grant(
            one.customer, of_unit, '', one.amount, given_at,
            jsonb_build_object('source', from_source, 'priority', of_priority, 'expires_at', one.expiry,
                'subscription_id', one.subscription, 'grant_period', one.period, 'kind', one.kind,
                'cause', one.cause),
            told || jsonb_build_object('key',
                concat_ws(':', 'grant', one.subscription, one.period, one.kind, one.cause)));
    END LOOP;
    WITH lots AS (
        INSERT INTO billing_creditlot (account_id, source, amount, remainder, priority, granted_at, expires_at,
                paid_for, sold_currency, subscription_id, grant_period, kind, cause)
            SELECT a.id, from_source, g.amount, 0, of_priority, given_at, g.expiry, false, '', g.subscription,
                g.period, g.kind, g.cause
            FROM unnest(customers, granted, subscriptions, periods, kinds, causes, expiries)
                WITH ORDINALITY g(customer, amount, subscription, period, kind, cause, expiry, place)
            JOIN billing_creditaccount a ON a.customer_id = g.customer AND a.unit = of_unit
            ORDER BY g.place ON CONFLICT DO NOTHING
            RETURNING id, account_id, amount, subscription_id, grant_period, kind, cause
    )
    INSERT INTO billing_creditentry (account_id, movement, amount, balance_after, at, lot_ids, lot_amounts,
            key, digest, reason, actor_kind, actor_ref, actor_name, request_id, subject_kind, subject_id, cause,
            shortfall)
        SELECT l.account_id, 'grant', l.amount,
            a.balance + sum(l.amount) OVER (PARTITION BY l.account_id ORDER BY l.id), given_at,
            ARRAY[l.id], ARRAY[l.amount],
            concat_ws(':', 'grant', l.subscription_id, l.grant_period, l.kind, l.cause), '',
            told->>'reason', told->>'actor_kind', told->>'actor_ref', told->>'actor_name',
            told->>'request_id', 'subscription', l.subscription_id, '', 0
        FROM lots l JOIN billing_creditaccount a ON a.id = l.account_id ORDER BY l.id;
    GET DIAGNOSTICS more = ROW_COUNT;
    written := written + more;
END $$;
"""

STORE_CREDIT = """
CREATE FUNCTION billing_credit_owe(of_account bigint, since timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    debt bigint;
BEGIN
    SELECT id INTO debt FROM billing_creditlot
        WHERE account_id = of_account AND is_open AND source = 'debt';
    IF NOT FOUND THEN
        INSERT INTO billing_creditlot (account_id, source, amount, remainder, priority, granted_at, paid_for,
                sold_currency, kind, cause)
            VALUES (of_account, 'debt', 0, 0, 0, since, false, '', '', '') RETURNING id INTO debt;
    END IF;
    RETURN debt;
END $$;

CREATE FUNCTION billing_store_credit_follows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    p record;
    told jsonb;
    written_before bigint;
    account bigint;
    holds bigint;
    undone text;
    owed record;
    remaining bigint;
    pays bigint;
    lot bigint;
    lots bigint[];
    amounts bigint[];
BEGIN
    IF NOT EXISTS (SELECT 1 FROM written WHERE written.account = 'customer_balance') THEN
        RETURN NULL;
    END IF;
    FOR p IN
        SELECT q.id, w.customer_id, w.currency, (-sum(w.amount_minor))::bigint AS minor, q.cause, q.fact, q.subject_kind,
            q.subject_id, q.reverses_id, q.posted_at, q.actor_ref, q.request_id,
            least(q.posted_at, q.effective_on::timestamp AT TIME ZONE 'UTC' + interval '1 day') AS since
        FROM written w JOIN billing_posting q ON q.id = w.posting_id
        WHERE w.account = 'customer_balance' AND w.customer_id IS NOT NULL
        GROUP BY q.id, w.customer_id, w.currency HAVING sum(w.amount_minor) <> 0
        ORDER BY w.customer_id, w.currency, q.id
    LOOP
        told := jsonb_build_object('key', 'posting:' || p.cause || ':' || p.currency, 'reason', p.fact,
            'actor_kind', CASE split_part(p.actor_ref, ':', 1) WHEN 'staff' THEN 'person'
                ELSE split_part(p.actor_ref, ':', 1) END,
            'actor_ref', p.actor_ref, 'request_id', p.request_id, 'subject_kind', p.subject_kind,
            'subject_id', p.subject_id, 'cause', p.cause);
        SELECT amount INTO written_before FROM billing_creditentry WHERE key = told->>'key';
        IF FOUND THEN
            IF written_before <> p.minor THEN
                RAISE EXCEPTION 'store credit moved by %, the ledger by %', written_before, p.minor
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'store_credit_is_what_is_posted';
            END IF;
            CONTINUE;
        END IF;
        SELECT a.account, a.holds INTO account, holds
            FROM billing_credit_account(p.customer_id, 'money', p.currency, p.since) a;
        SELECT cause INTO undone FROM billing_posting WHERE id = p.reverses_id;
        lots := '{}'; amounts := '{}';
        remaining := abs(p.minor);
        IF p.minor > 0 THEN
            SELECT id, -remainder AS minor INTO owed FROM billing_creditlot l
                WHERE l.account_id = account AND l.is_open AND l.source = 'debt';
            IF FOUND THEN
                pays := least(owed.minor, remaining);
                lots := lots || owed.id; amounts := amounts || pays; remaining := remaining - pays;
            END IF;
            -- What is taken back returns to the lots that it came from.
            IF undone IS NOT NULL AND remaining > 0 THEN
                SELECT lots || coalesce(array_agg(id) FILTER (WHERE give > 0), '{}'),
                    amounts || coalesce(array_agg(give) FILTER (WHERE give > 0), '{}'),
                    remaining - coalesce(sum(give), 0)
                INTO lots, amounts, remaining
                FROM (
                    SELECT id, least(room, greatest(0, remaining - (sum(room) OVER w - room))) AS give
                    FROM (
                        SELECT l.id, least(-x.amount, l.amount - l.remainder) AS room
                        FROM billing_creditentry e JOIN billing_creditentrylot x ON x.entry_id = e.id
                        JOIN billing_creditlot l ON l.id = x.lot_id
                        WHERE e.cause = undone AND e.account_id = account AND x.amount < 0
                          AND l.source <> 'debt'
                    ) had WINDOW w AS (ORDER BY id DESC)
                ) given;
            END IF;
            IF remaining > 0 OR undone IS NULL THEN
                INSERT INTO billing_creditlot (account_id, source, amount, remainder, priority, granted_at,
                        paid_for, sold_currency, kind, cause)
                    SELECT account, source, CASE WHEN undone IS NULL THEN p.minor ELSE remaining END, 0, 100,
                        p.since,
                        source IN ('overpayment', 'credit_note'), '', 'posting', p.cause
                    FROM (SELECT CASE WHEN p.fact LIKE 'goodwill.%' THEN 'goodwill'
                        WHEN p.fact LIKE 'payment.%' THEN 'overpayment'
                        WHEN p.fact LIKE 'store_credit.%' THEN 'migration' ELSE 'credit_note' END AS source) s
                    RETURNING id INTO lot;
                lots := lots || lot; amounts := amounts || remaining;
            END IF;
        ELSE
            -- Its own money first; what leaves as a refund is what was paid, newest first; else as any use.
            SELECT coalesce(array_agg(id ORDER BY place) FILTER (WHERE take > 0), '{}'),
                coalesce(array_agg(-take ORDER BY place) FILTER (WHERE take > 0), '{}'),
                remaining - coalesce(sum(take), 0)
            INTO lots, amounts, remaining
            FROM (
                SELECT id, row_number() OVER w AS place,
                    least(remainder, greatest(0, remaining - (sum(remainder) OVER w - remainder))) AS take
                FROM (
                    SELECT l.*, coalesce(q.id = p.reverses_id, false) OR coalesce(
                            q.subject_kind = p.subject_kind AND q.subject_id = p.subject_id, false) AS own
                    FROM billing_creditlot l
                    LEFT JOIN billing_posting q ON q.cause = l.cause AND l.cause <> ''
                    WHERE l.account_id = account AND l.is_open AND l.remainder > 0
                ) l
                WINDOW w AS (ORDER BY own DESC, coalesce(expires_at <= p.posted_at, false),
                    p.fact LIKE 'refund.%' AND NOT paid_for,
                    CASE WHEN p.fact LIKE 'refund.%' THEN -extract(epoch FROM granted_at) END,
                    priority, expires_at NULLS LAST, paid_for, granted_at, id)
            ) planned;
            IF remaining > 0 THEN
                lots := lots || billing_credit_owe(account, p.since); amounts := amounts || -remaining;
            END IF;
        END IF;
        PERFORM billing_credit_write(account,
            CASE WHEN p.reverses_id IS NOT NULL THEN 'reverse' WHEN p.minor > 0 THEN 'grant' ELSE 'burn' END,
            p.minor, holds + p.minor, p.posted_at, lots, amounts, told);
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER store_credit_follows AFTER INSERT ON billing_postingline
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION billing_store_credit_follows();
"""

OPENING = """
DO $$
DECLARE
    b record;
    told jsonb;
    account bigint;
BEGIN
    FOR b IN SELECT l.customer_id, l.currency, (-sum(l.amount_minor))::bigint AS minor FROM billing_postingline l
        WHERE l.account = 'customer_balance' AND l.customer_id IS NOT NULL
        GROUP BY 1, 2 HAVING sum(l.amount_minor) <> 0 ORDER BY 1, 2
    LOOP
        told := jsonb_build_object('key', 'opening:' || b.customer_id || ':' || b.currency,
            'reason', 'Balance when lots were opened', 'actor_kind', 'system', 'actor_ref', 'system:migration');
        IF b.minor > 0 THEN
            PERFORM billing_credit_grant(b.customer_id, 'money', b.currency, b.minor, now(),
                jsonb_build_object('source', 'migration', 'paid_for', true, 'kind', 'opening',
                    'cause', 'opening:' || b.currency), told);
        ELSE
            SELECT a.account INTO account FROM billing_credit_account(b.customer_id, 'money', b.currency, now()) a;
            PERFORM billing_credit_write(account, 'burn', b.minor, b.minor, now(),
                ARRAY[billing_credit_owe(account, now())], ARRAY[b.minor], told);
        END IF;
    END LOOP;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0013_open_credit_accounts")]

    operations = [
        migrations.RunSQL(sql, migrations.RunSQL.noop)
        for sql in (GUARDS, ENTRIES, WRITE, BURN, GRANT, STORE_CREDIT, OPENING)
    ]
