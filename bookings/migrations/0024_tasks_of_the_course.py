import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("bookings", "0023_priced_from")]

    operations = [
        pgtrigger.migrations.AddTrigger(
            model_name='booking',
            trigger=pgtrigger.compiler.Trigger(name='tasks_of_the_course', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."session_id" IS DISTINCT FROM (NEW."session_id"))', func="\n                    IF EXISTS (\n                        SELECT 1 FROM bookings_taskdone done\n                        JOIN courses_coursetask task ON task.id = done.task_id\n                        JOIN courses_session session ON session.id = NEW.session_id\n                        WHERE done.booking_id = NEW.id AND task.course_id <> session.course_id\n                    ) THEN\n                        RAISE EXCEPTION 'a task that is ticked off is one of the course that is booked'\n                            USING ERRCODE = 'check_violation';\n                    END IF;\n                    RETURN NEW;\n                ", hash='8172788ed9e3de050bbe272a90ae711984d940ef', operation='UPDATE OF "session_id"', pgid='pgtrigger_tasks_of_the_course_aab0d', table='bookings_booking', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='taskdone',
            trigger=pgtrigger.compiler.Trigger(name='task_of_the_course', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n                    IF NOT EXISTS (\n                        SELECT 1 FROM bookings_booking booking\n                        JOIN courses_session session ON session.id = booking.session_id\n                        JOIN courses_coursetask task ON task.course_id = session.course_id\n                        WHERE booking.id = NEW.booking_id AND task.id = NEW.task_id\n                    ) THEN\n                        RAISE EXCEPTION 'a task that is ticked off is one of the course that is booked'\n                            USING ERRCODE = 'check_violation';\n                    END IF;\n                    RETURN NEW;\n                ", hash='095761a1d362a68b6a69389670ee5576f0f0c081', operation='INSERT OR UPDATE OF "booking_id", "task_id"', pgid='pgtrigger_task_of_the_course_69d5f', table='bookings_taskdone', when='BEFORE')),
        ),
    ]
