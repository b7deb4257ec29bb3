import { Component, onWillUnmount, useEffect } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { ConnectionLostError } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/** Milliseconds between two looks at a run. */
export const LOOK_EVERY = 3000;

/**
 * How far a run has asked its attendance servers. While it asks, the record is read again every few seconds; as soon as it
 * has another state, or the screen is left, nothing is asked any more.
 */
export class AttendanceRunProgress extends Component {
    static template = "spp_attendance_server.RunProgress";
    static props = { ...standardWidgetProps };

    setup() {
        this.timer = null;
        useEffect(
            (isFetching, id) => {
                if (isFetching && id) {
                    this.lookAgainSoon();
                }
                return () => this.stop();
            },
            () => [this.isFetching, this.props.record.resId],
        );
        onWillUnmount(() => this.stop());
    }

    get isFetching() {
        return this.props.record.data.state === "fetching";
    }

    get done() {
        return this.props.record.data.fetch_done;
    }

    get total() {
        return this.props.record.data.fetch_total;
    }

    get percent() {
        return Math.floor(this.props.record.data.fetch_progress);
    }

    stop() {
        browser.clearTimeout(this.timer);
        this.timer = null;
    }

    lookAgainSoon() {
        this.stop();
        this.timer = browser.setTimeout(() => this.look(), LOOK_EVERY);
    }

    async look() {
        const timer = this.timer;
        try {
            await this.props.record.load();
        } catch (error) {
            // without a network it is tried again; what else went wrong is shown
            if (!(error instanceof ConnectionLostError)) {
                throw error;
            }
        }
        if (timer === this.timer && this.isFetching) {
            this.lookAgainSoon();
        }
    }
}

export const attendanceRunProgress = {
    component: AttendanceRunProgress,
    fieldDependencies: [
        { name: "state", type: "selection" },
        { name: "fetch_done", type: "integer" },
        { name: "fetch_total", type: "integer" },
        { name: "fetch_progress", type: "float" },
    ],
};

registry.category("view_widgets").add("attendance_run_progress", attendanceRunProgress);
