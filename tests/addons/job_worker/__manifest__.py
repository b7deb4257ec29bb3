# Part of the SPP attendance suite. LGPL-3.
{
    "name": "Job Worker (Double)",
    "summary": "Behaves for callers like OpenSPP's job_worker; for test databases without queue_job only",
    "version": "19.0.1.0.0",
    "category": "Hidden",
    "author": "SPP Attendance Contributors",
    "license": "LGPL-3",
    "depends": ["base"],
    "data": ["security/ir.model.access.csv"],
}
