-- Copies of one service: 20 words in names, 500 providers, 12 capabilities, 60 tags, prices over four powers of ten.
INSERT INTO catalog_provider
SELECT (jsonb_populate_record(p, jsonb_build_object('id', md5('provider' || n)::uuid, 'name', 'provider-' || n,
                                                    'display_name', 'Provider ' || n))).*
  FROM catalog_provider AS p, generate_series(1, 500) AS n WHERE p.name = 'acme';

INSERT INTO catalog_offering
SELECT (jsonb_populate_record(o, jsonb_build_object('id', md5('offering' || n)::uuid))).*
  FROM catalog_offering AS o, generate_series(1, %(services)s) AS n WHERE o.id = %(offering)s;

INSERT INTO catalog_listing
SELECT (jsonb_populate_record(l, jsonb_build_object('id', md5('listing' || n)::uuid, 'offering_id', md5('offering' || n)::uuid))).*
  FROM catalog_listing AS l, generate_series(1, %(services)s) AS n WHERE l.id = %(listing)s;

INSERT INTO catalog_service
SELECT (jsonb_populate_record(s, jsonb_build_object(
         'id', md5('service' || n)::uuid,
         'offering_id', md5('offering' || n)::uuid,
         'listing_id', md5('listing' || n)::uuid,
         'provider_id', md5('provider' || 1 + n %% 500)::uuid,
         'name', 'provider-' || 1 + n %% 500 || '/' || chosen.word || '-' || n,
         'display_name', initcap(chosen.word) || ' ' || n,
         'service_type', chosen.kind,
         'nominal_price', CASE WHEN n %% 10 = 0 THEN 0 ELSE round((n %% 9973)::numeric / power(10::numeric, n %% 4), 6) END,
         'approved_at', s.approved_at + n * interval '1 second',
         'facets', to_jsonb(ARRAY['type:' || chosen.kind, 'provider:provider-' || 1 + n %% 500, 'seller:acme-corp', 'currency:USD',
                          'capability:c' || n %% 12, 'capability:c' || n / 7 %% 12, 'tag:t' || n %% 60, 'tag:t' || n / 11 %% 60,
                          'channel:' || CASE WHEN n %% 5 = 0 THEN 'byok' ELSE 'managed' END]
                          || CASE WHEN n %% 10 = 0 THEN ARRAY['price:free'] ELSE '{}'::text[] END),
         'search', (setweight(to_tsvector('simple', chosen.word || ' ' || n || ' provider ' || 1 + n %% 500), 'A')
                    || setweight(to_tsvector('english', chosen.kind || ' t' || n %% 60 || ' c' || n %% 12), 'B')
                    || to_tsvector('english', s.summary || ' number ' || n))::text
       ))).*
  FROM catalog_service AS s, generate_series(1, %(services)s) AS n,
       LATERAL (SELECT (%(words)s::text[])[1 + n %% cardinality(%(words)s::text[])] AS word,
                       (ARRAY['llm', 'embedding', 'image_generation', 'email', 'content', 'compute', 'database'])[1 + n %% 7] AS kind)
       AS chosen
 WHERE s.id = %(service)s;
