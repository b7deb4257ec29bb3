import { Component } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const COLORS = { compliant: "success", non_compliant: "danger", unknown: "warning" };

/** What a run found, by result and reason, and what changed since the last one; each count opens its people. */
export class AttendanceRunSummary extends Component {
    static template = "spp_attendance_compliance.RunSummary";
    static props = { ...standardFieldProps };

    setup() {
        this.action = useService("action");
    }

    get summary() {
        return this.props.record.data[this.props.name] || { results: [] };
    }

    color(result) {
        return COLORS[result];
    }

    /**
     * @param {...string} defaults filters that the list of decisions begins with; "reason:no_identifier" chooses a reason
     */
    open(...defaults) {
        const context = {};
        for (const name of defaults) {
            const [filter, value] = name.split(":");
            context[`search_default_${filter}`] = value || 1;
        }
        const { resModel, resId } = this.props.record;
        return this.action.doActionButton({
            type: "object",
            name: "action_view_decisions",
            resModel,
            resId,
            resIds: [resId],
            buttonContext: context,
        });
    }
}

export const attendanceRunSummary = {
    component: AttendanceRunSummary,
    supportedTypes: ["json"],
};

registry.category("fields").add("attendance_run_summary", attendanceRunSummary);
