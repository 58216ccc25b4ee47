-- Version 2: the audit is asked by subject, also at each look at a camera.

CREATE INDEX audit_subject ON audit (subject, at);
