from django.db import migrations

# Places are held until so many days before the session, however it moves: what is held beyond its day is nobody's.
FOLLOWS = """
CREATE FUNCTION bookings_quota_follows_session() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE bookings_quota
    SET releases_on = releases_on
        + ((NEW.starts_at AT TIME ZONE 'Europe/London')::date - (OLD.starts_at AT TIME ZONE 'Europe/London')::date)
    WHERE partnership_id = NEW.partnership_id AND session_id = NEW.id;
    RETURN NULL;
END
$$;
CREATE TRIGGER quota_follows_session
    AFTER UPDATE OF starts_at ON courses_session
    FOR EACH ROW WHEN (OLD.starts_at IS DISTINCT FROM NEW.starts_at)
    EXECUTE FUNCTION bookings_quota_follows_session();
"""
FOLLOWS_NO_MORE = """
DROP TRIGGER quota_follows_session ON courses_session;
DROP FUNCTION bookings_quota_follows_session();
"""


class Migration(migrations.Migration):
    dependencies = [("bookings", "0026_cancelled_sessions_charge_nobody")]

    operations = [migrations.RunSQL(FOLLOWS, FOLLOWS_NO_MORE)]
