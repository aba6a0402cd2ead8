-- What the cases of lock_matrix.jsonl run on. Every table has rows, because what is scanned is seen by the rows that were read.

CREATE EXTENSION citext;
CREATE SCHEMA s2;

CREATE SEQUENCE sq;
CREATE TYPE mood AS ENUM ('a', 'b');
CREATE DOMAIN dom AS int;
CREATE DOMAIN dom2 AS int;
CREATE DOMAIN domchk AS int CHECK (VALUE > 0);

-- Volatile in PL/pgSQL; volatile by its declaration alone, since the server inlines it; and stable.
CREATE FUNCTION volf() RETURNS int LANGUAGE plpgsql VOLATILE AS 'BEGIN RETURN 1; END';
CREATE FUNCTION volsql() RETURNS int LANGUAGE sql VOLATILE AS 'SELECT 1';
CREATE FUNCTION stabf() RETURNS int LANGUAGE plpgsql STABLE AS 'BEGIN RETURN 1; END';
CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';

CREATE TABLE o (id int PRIMARY KEY, w int UNIQUE);
INSERT INTO o SELECT i, i FROM generate_series(1, 500) i;

-- A column of each type whose change is measured: some have an index, which a change may leave as it is, rebuild, or rewrite with the table.
CREATE TABLE t (
    id int PRIMARY KEY,
    a int,
    b text,
    c varchar(10),
    ch char(5),
    bp char(8),
    cit citext,
    n numeric(10, 2),
    sm smallint,
    par int,
    bi bigint,
    f float8,
    ts timestamp,
    ts3 timestamp(3),
    tz timestamptz,
    dd date,
    iv interval(3),
    ip cidr,
    vb bit varying(8),
    j jsonb,
    js json,
    u uuid,
    m mood,
    xx oid,
    nn int NOT NULL
);
INSERT INTO t
SELECT i, i, 'b' || i, 'c' || i % 10, 'ch', 'bp', 'cit' || i, i, i, 1 + i % 500, i, i, timestamp '2026-01-01' + i * interval '1 s',
       timestamp '2026-01-01', timestamptz '2026-01-01', date '2026-01-01', interval '1 s', '10.0.0.0/8', B'1010', '{}', '{}',
       '00000000-0000-0000-0000-000000000001', 'a', i, i
FROM generate_series(1, 1000) i;
CREATE INDEX t_a ON t (a);
CREATE INDEX t_c ON t (c);
CREATE INDEX t_b ON t (b);
CREATE INDEX t_n ON t (n);
CREATE INDEX t_ts ON t (ts);
CREATE INDEX t_ch ON t (ch);
CREATE INDEX t_par ON t (par);
CREATE INDEX t_ip ON t (ip inet_ops);
CREATE INDEX t_cit ON t (cit);
-- An index and not a constraint, so that a constraint can be made of it.
CREATE UNIQUE INDEX t_nn_u ON t (nn);
CREATE INDEX t_a_b ON t (a, b);
CREATE VIEW v AS SELECT id, a FROM t;
CREATE MATERIALIZED VIEW mv AS SELECT id, a FROM t;
CREATE UNIQUE INDEX mv_id ON mv (id);

CREATE TABLE child (id int PRIMARY KEY, o_id int REFERENCES o);
INSERT INTO child SELECT i, i FROM generate_series(1, 500) i;

-- The same check proves NOT NULL on chkd, where it is valid, and not on chknv, where it is not.
CREATE TABLE chkd (id int PRIMARY KEY, a int CONSTRAINT nnck CHECK (a IS NOT NULL));
CREATE TABLE chknv (id int PRIMARY KEY, a int);
INSERT INTO chkd SELECT i, i FROM generate_series(1, 500) i;
INSERT INTO chknv SELECT i, i FROM generate_series(1, 500) i;
ALTER TABLE chknv ADD CONSTRAINT nnck CHECK (a IS NOT NULL) NOT VALID;
ALTER TABLE chknv ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES o NOT VALID;

CREATE TABLE pt (id int, k int, d date) PARTITION BY RANGE (id);
CREATE TABLE pt1 PARTITION OF pt FOR VALUES FROM (0) TO (100);
CREATE TABLE pt2 PARTITION OF pt FOR VALUES FROM (100) TO (200);
INSERT INTO pt SELECT i, i, '2026-01-01' FROM generate_series(1, 199) i;
CREATE INDEX pt_id ON pt (id);
-- Of the two, the check proves the bounds of attach_chk, so that it need not be read.
CREATE TABLE attach_plain (id int, k int, d date);
CREATE TABLE attach_chk (id int, k int, d date, CHECK (id IS NOT NULL AND id >= 200 AND id < 300));
INSERT INTO attach_plain SELECT i, i, '2026-01-01' FROM generate_series(200, 299) i;
INSERT INTO attach_chk SELECT i, i, '2026-01-01' FROM generate_series(200, 299) i;

CREATE TABLE ptd (id int, k int) PARTITION BY RANGE (id);
CREATE TABLE ptd_1 PARTITION OF ptd FOR VALUES FROM (0) TO (100);
CREATE TABLE ptd_def PARTITION OF ptd DEFAULT;
CREATE TABLE attach_d (id int, k int);
INSERT INTO ptd SELECT i, i FROM generate_series(400, 500) i;
INSERT INTO attach_d SELECT i, i FROM generate_series(200, 299) i;

CREATE TABLE tg (a int, z int GENERATED ALWAYS AS (a + 1) STORED);
INSERT INTO tg SELECT i FROM generate_series(1, 100) i;

CREATE TABLE trg (id int);
INSERT INTO trg SELECT i FROM generate_series(1, 100) i;
CREATE TRIGGER tr1 BEFORE INSERT ON trg FOR EACH ROW EXECUTE FUNCTION tf();

CREATE UNLOGGED TABLE ul (id int PRIMARY KEY, a text);
INSERT INTO ul SELECT i, 'a' FROM generate_series(1, 1000) i;

CREATE TABLE usesdom (d dom);
INSERT INTO usesdom SELECT i FROM generate_series(1, 500) i;
CREATE TABLE usesdom2 (d dom2);
INSERT INTO usesdom2 VALUES (1);
ALTER DOMAIN dom2 ADD CONSTRAINT dz CHECK (VALUE > 0) NOT VALID;

CREATE TABLE inhp (id int);
CREATE TABLE inhc () INHERITS (inhp);
CREATE TABLE inhc2 (id int);
INSERT INTO inhp SELECT i FROM generate_series(1, 100) i;
INSERT INTO inhc SELECT i FROM generate_series(1, 100) i;
INSERT INTO inhc2 SELECT i FROM generate_series(1, 100) i;

-- A partitioned table with keys of its own, that refers to parent and that refpt refers to, and a table that can become a partition of it.
CREATE TABLE parent (id int PRIMARY KEY);
INSERT INTO parent SELECT i FROM generate_series(1, 500) i;
CREATE TABLE ptk (
    id int PRIMARY KEY,
    k int,
    o_id int CONSTRAINT ptk_o_fkey REFERENCES parent,
    UNIQUE (id, k),
    CONSTRAINT ptk_k_check CHECK (k IS NOT NULL)
) PARTITION BY RANGE (id);
CREATE TABLE ptk1 PARTITION OF ptk FOR VALUES FROM (0) TO (100);
CREATE TABLE ptk2 PARTITION OF ptk FOR VALUES FROM (100) TO (200);
CREATE TABLE attach_k (
    id int PRIMARY KEY, k int, o_id int, UNIQUE (id, k), CONSTRAINT ptk_k_check CHECK (k IS NOT NULL), CHECK (id >= 200 AND id < 300)
);
INSERT INTO ptk SELECT i, i, i FROM generate_series(1, 199) i;
INSERT INTO attach_k SELECT i, i, i FROM generate_series(200, 299) i;
CREATE TRIGGER tr1 AFTER INSERT ON ptk FOR EACH ROW EXECUTE FUNCTION tf();
CREATE TABLE refpt (id int PRIMARY KEY, p_id int CONSTRAINT refpt_fkey REFERENCES ptk);
INSERT INTO refpt SELECT i, i FROM generate_series(1, 100) i;

-- Tables of a type, and one that can become such a table.
CREATE TYPE ct AS (a int, b text);
CREATE TABLE typed OF ct;
CREATE TABLE untyped (a int, b text);
INSERT INTO typed SELECT i, 'b' FROM generate_series(1, 100) i;
INSERT INTO untyped SELECT i, 'b' FROM generate_series(1, 100) i;

-- Checks of which some prove that their column is not null.
CREATE TABLE proofs (
    id int PRIMARY KEY,
    negated int CHECK (NOT (negated IS NULL)),
    joined int CHECK (joined IS NOT NULL AND joined > 0),
    compared int CHECK (compared > 0),
    alternative int CHECK (alternative IS NOT NULL OR compared IS NULL),
    bool bool CHECK (bool IS TRUE),
    own int CONSTRAINT proofs_own_check CHECK (own IS NOT NULL) NO INHERIT,
    free int
);
INSERT INTO proofs SELECT i, i, i, i, i, true, i, i FROM generate_series(1, 100) i;

-- Columns that something depends on: a check, a partial and an expression index, extended statistics, a generated column.
CREATE TABLE dep (
    id int PRIMARY KEY,
    checked varchar(10) CONSTRAINT dep_check CHECK (checked <> ''),
    partial varchar(10),
    expressed varchar(10),
    counted varchar(10),
    source int,
    made int GENERATED ALWAYS AS (source * 2) STORED,
    many varchar(10)[],
    span int4range,
    ident int GENERATED BY DEFAULT AS IDENTITY,
    tod time(3),
    addr inet,
    dv domchk
);
INSERT INTO dep (id, checked, partial, expressed, counted, source, many, span, tod, addr, dv)
SELECT i, 'x', 'x', 'x', 'x', i, '{x}', int4range(i, i + 1), '12:00', '10.0.0.1', 1 FROM generate_series(1, 100) i;
CREATE INDEX dep_partial ON dep (id) WHERE partial <> '';
CREATE INDEX dep_expressed ON dep (lower(expressed));
CREATE STATISTICS dep_counted ON id, counted FROM dep;
ALTER TABLE dep ADD CONSTRAINT dep_span EXCLUDE USING gist (span WITH &&);

CREATE TABLE sec (id int, a int);
INSERT INTO sec SELECT i, i FROM generate_series(1, 100) i;
ALTER TABLE sec ENABLE ROW LEVEL SECURITY;
CREATE POLICY pol ON sec USING (true);
CREATE RULE ru AS ON UPDATE TO sec WHERE OLD.id < 0 DO INSTEAD NOTHING;

CREATE TABLE s2.st (id int PRIMARY KEY, o_id int REFERENCES parent);
INSERT INTO s2.st SELECT i, i FROM generate_series(1, 100) i;

CREATE FOREIGN DATA WRAPPER wrapper;
CREATE SERVER server FOREIGN DATA WRAPPER wrapper;
CREATE FOREIGN TABLE ft (id int, a int) SERVER server;

CREATE PUBLICATION pub FOR TABLE trg;

ANALYZE;
