import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { FormViewDialog } from "@web/views/view_dialogs/form_view_dialog";

/** The attendance events behind a decision, counted and not counted, each with its weight; a row opens its event. */
export class AttendanceEventTable extends Component {
    static template = "spp_attendance_compliance.EventTable";
    static props = { ...standardFieldProps };

    setup() {
        this.dialog = useService("dialog");
    }

    get events() {
        return this.props.record.data[this.props.name] || [];
    }

    open(event) {
        this.dialog.add(FormViewDialog, {
            title: _t("Attendance Event"),
            resModel: "spp.event.attendance",
            resId: event.id,
            readonly: true,
            context: { form_view_ref: "spp_attendance_compliance.view_event_attendance_dialog_form" },
        });
    }
}

export const attendanceEventTable = {
    component: AttendanceEventTable,
    supportedTypes: ["json"],
};

registry.category("fields").add("attendance_event_table", attendanceEventTable);
