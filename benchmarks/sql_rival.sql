-- What a user would write instead of a rebuild: seat counts and recurring invoices of all licences in one statement.
-- It does less than the kernel: days are UTC's, the cycle is the first one, everything recorded counts as known, and
-- there are no true-ups, discounts, adjustments, nor switches that shield from a cutover.
WITH terms AS (
    SELECT
        license_id, position, fact, effective_us,
        {plan} AS plan, {billing_cycle} AS billing_cycle, {pricing_model} AS pricing_model, {currency} AS currency,
        {billing_anchor} AS billing_anchor, {source} AS source, {partner_id} AS partner_id,
        {unit_amount} AS unit_amount, {programme} AS programme, {takes_effect} AS takes_effect, {cutover_on} AS cutover_on,
        {applies_to_source} AS applies_to_source, {applies_to_programme} AS applies_to_programme
    FROM {log} WHERE fact >= 20
),
prices AS (
    SELECT
        plan, billing_cycle, currency, CAST(unit_amount AS bigint) AS unit_amount, effective_us,
        lead(effective_us, 1, 9223372036854775807)
            OVER (PARTITION BY plan, billing_cycle, currency ORDER BY effective_us, position) AS until_us
    FROM terms WHERE fact = 42
),
-- by itself: PostgreSQL would walk over all terms again for each invoice
cutovers AS MATERIALIZED (
    SELECT pricing_model, cutover_on, applies_to_source, applies_to_programme
    FROM terms WHERE fact = 43 AND takes_effect = 'on_billing_date'
),
partners AS (
    SELECT partner_id, programme FROM terms WHERE fact = 40
),
licence_terms AS (
    SELECT
        license_id, max(CASE WHEN fact = 20 THEN billing_cycle END) AS billing_cycle,
        max(CASE WHEN fact = 20 THEN currency END) AS currency, max(source) AS source,
        max(CASE WHEN fact = 20 THEN partner_id END) AS partner_id,
        CAST(max(billing_anchor) AS date) AS anchor,
        coalesce(max(CASE WHEN fact = 24 THEN effective_us END), 9223372036854775807) AS ended_us
    FROM terms WHERE license_id IS NOT NULL GROUP BY license_id
),
licences AS (
    SELECT licence.*, partners.programme
    FROM licence_terms AS licence LEFT JOIN partners ON partners.partner_id = licence.partner_id
),
states AS (
    SELECT
        license_id, subject, fact, effective_us, position,
        CASE WHEN fact <> 8 AND fact <> 9 THEN fact END AS status,
        count(CASE WHEN fact <> 8 AND fact <> 9 THEN 1 END)
            OVER (PARTITION BY license_id, subject ORDER BY effective_us, position) AS status_number
    FROM {log} WHERE fact < 20
),
after_events AS (
    SELECT
        license_id, subject, effective_us, position, fact,
        max(status) OVER (PARTITION BY license_id, subject, status_number) AS status
    FROM states
),
counted AS (
    SELECT
        license_id, subject, effective_us, position,
        CASE WHEN status IN (1, 2, 4) THEN 1 ELSE 0 END AS active,
        CASE WHEN status = 3 THEN 1 ELSE 0 END AS suspended,
        CASE WHEN status = 6 THEN 1 ELSE 0 END AS chatbots,
        CASE WHEN fact = 8 AND status IN (1, 4) THEN 1 ELSE 0 END AS seats
    FROM after_events
),
changes AS (
    SELECT
        license_id, effective_us, position,
        active - lag(active, 1, 0) OVER subject_events AS active,
        suspended - lag(suspended, 1, 0) OVER subject_events AS suspended,
        chatbots - lag(chatbots, 1, 0) OVER subject_events AS chatbots,
        seats - lag(seats, 1, 0) OVER subject_events AS seats
    FROM counted
    WINDOW subject_events AS (PARTITION BY license_id, subject ORDER BY effective_us, position)
),
dates AS (
    SELECT license_id, n, day, {day_us} AS effective_us
    FROM (
        SELECT license_id, n, CAST(anchor + n * INTERVAL '1 month' AS date) AS day
        FROM licences CROSS JOIN {months} AS months
    ) AS every_month
    WHERE {day_us} <= {as_of_us}
),
timeline AS (
    SELECT license_id, effective_us, position, active, suspended, chatbots, seats,
        CAST(NULL AS bigint) AS n, CAST(NULL AS date) AS day, CAST(NULL AS text) AS plan, CAST(NULL AS text) AS model
    FROM changes
    UNION ALL
    SELECT license_id, effective_us, 9223372036854775807, 0, 0, 0, 0, n, day, NULL, NULL FROM dates
    UNION ALL
    SELECT license_id, effective_us, position, 0, 0, 0, 0, NULL, NULL, plan, pricing_model
    FROM terms WHERE fact IN (20, 21, 22)
),
running AS (
    SELECT
        license_id, effective_us, position, n, day, plan, model,
        sum(active) OVER licence_events AS active,
        sum(suspended) OVER licence_events AS suspended,
        sum(chatbots) OVER licence_events AS chatbots,
        sum(seats) OVER licence_events AS seats,
        count(n) OVER licence_events - CASE WHEN n IS NULL THEN 0 ELSE 1 END AS month,
        count(plan) OVER licence_events AS plan_number,
        count(model) OVER licence_events AS model_number
    FROM timeline
    WINDOW licence_events AS (PARTITION BY license_id ORDER BY effective_us, position ROWS UNBOUNDED PRECEDING)
),
at_dates AS (
    SELECT
        license_id, effective_us, n, day, active, active + suspended + chatbots AS accounts,
        max(seats + chatbots) OVER (PARTITION BY license_id, month) AS peak,
        max(plan) OVER (PARTITION BY license_id, plan_number) AS plan,
        max(model) OVER (PARTITION BY license_id, model_number) AS model
    FROM running
),
billed AS (
    SELECT
        at_dates.license_id, at_dates.day, price.unit_amount,
        CASE coalesce(cutover.pricing_model, at_dates.model)
            WHEN 'ppu' THEN active WHEN 'ppa' THEN accounts ELSE peak END AS quantity
    FROM at_dates
    JOIN licences AS licence ON licence.license_id = at_dates.license_id
    JOIN prices AS price
        ON price.plan = at_dates.plan AND price.billing_cycle = licence.billing_cycle
        AND price.currency = licence.currency
        AND price.effective_us <= at_dates.effective_us AND at_dates.effective_us < price.until_us
    LEFT JOIN cutovers AS cutover
        ON (cutover.applies_to_source = licence.source OR cutover.applies_to_programme = licence.programme)
        AND CAST(cutover.cutover_on AS date) <= at_dates.day
    WHERE at_dates.n IS NOT NULL
        AND (licence.billing_cycle = 'monthly' OR at_dates.n % 12 = 0)
        AND at_dates.effective_us < licence.ended_us
),
seat_counts AS (
    SELECT license_id, sum(active) AS ppu, sum(active + suspended + chatbots) AS ppa, sum(seats + chatbots) AS pps
    FROM changes WHERE effective_us <= {as_of_us} GROUP BY license_id
)
SELECT
    (SELECT count(*) FROM seat_counts) AS licences,
    (SELECT sum(ppu + ppa + pps) FROM seat_counts) AS seats,
    (SELECT count(*) FROM billed) AS invoices,
    (SELECT sum(quantity * unit_amount) FROM billed) AS amount
